"""What is logged, and where; and what is traced."""

from __future__ import annotations

from oslo_config import cfg

LEVELS = (
    ("DEBUG", "what the server does, step by step"),
    ("INFO", "what an operator may like to know"),
    ("WARNING", "what is likely a mistake, and workers that had to be replaced"),
    ("ERROR", "what failed, with the tracebacks of models"),
    ("CRITICAL", "next to nothing"),
)

log_opts = [
    cfg.BoolOpt("debug", short="d", default=False, help="The same as --log-level DEBUG."),
    cfg.StrOpt(
        "log-level",
        default="INFO",
        choices=LEVELS,
        ignore_case=True,
        help="Lowest level of messages to log.",
    ),
    cfg.StrOpt(
        "log-format",
        default="text",
        choices=[("text", "lines for people"), ("json", "a JSON object in each line")],
        help="How messages are logged.",
    ),
    cfg.StrOpt("log-file", metavar="PATH", help="File to log to instead of standard error."),
    cfg.BoolOpt(
        "tracing",
        default=False,
        help="Send traces of requests by OpenTelemetry, as environment variables such as "
        "OTEL_EXPORTER_OTLP_ENDPOINT say. Needs deepaas[otel].",
    ),
]
