"""How much callers may ask for."""

from __future__ import annotations

from oslo_config import cfg

from deepaas.options.kinds import Size

# Requests that hold more are slips, or mean harm. Models have a few arguments, of which those that
# are lists are sent in forms as a field for each item.
MOST_ARGUMENTS = 200_000
LARGEST = "256M"

limit_opts = [
    cfg.IntOpt(
        "max-arguments",
        default=MOST_ARGUMENTS,
        min=1,
        help="Most fields in a query or a form, and instances in a request of KServe's version 1; "
        "more are refused with 413.",
    ),
    cfg.Opt(
        "max-arguments-size",
        type=Size(least=1),
        default=LARGEST,
        metavar="BYTES",
        help="Most bytes of a JSON document, and of the text of a form, which may not exceed 16M "
        "either; more are refused with 413. Files and packed tensors are bounded by "
        "--client-max-size alone.",
    ),
    cfg.StrOpt(
        "rate-limit-requests",
        default="",
        metavar="RATE",
        help="How many requests each caller may send, such as 100/minute (also second, hour and "
        "day); more are refused with 429. Callers are told apart by their tokens, or by their "
        "addresses without authentication. If not given, there is no limit.",
    ),
    cfg.StrOpt(
        "rate-limit-uploads",
        default="",
        metavar="RATE",
        help="How many bytes each caller may send in the bodies of requests, such as 1G/hour. If "
        "not given, there is no limit.",
    ),
    cfg.StrOpt(
        "rate-limit-trainings",
        default="",
        metavar="RATE",
        help="How many trainings each caller may start or resume, such as 10/hour. If not given, "
        "there is no limit.",
    ),
]
