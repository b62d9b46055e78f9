"""What is offered."""

from __future__ import annotations

from oslo_config import cfg

endpoint_opts = [
    cfg.BoolOpt(
        "predict-only",
        default=False,
        help="Offer inference and nothing else: training routes refuse.",
    ),
    cfg.BoolOpt("predict-endpoint", default=True, help="Offer predictions."),
    cfg.BoolOpt("train-endpoint", default=True, help="Offer trainings."),
    cfg.BoolOpt("doc-endpoint", default=True, help="Offer the Swagger UI at /api."),
    cfg.BoolOpt("metrics-endpoint", default=True, help="Offer metrics for Prometheus at /metrics."),
    cfg.BoolOpt(
        "debug-endpoint",
        default=False,
        help="Show what models print and log at /v2/debug/, to whoever can reach the server; with "
        "authentication, to whoever has the scope admin.",
    ),
]
