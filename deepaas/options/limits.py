"""How much callers may ask for."""

from __future__ import annotations

from oslo_config import cfg

limit_opts = [
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
