"""How many calls there may be at once, and how long they may take."""

from __future__ import annotations

from oslo_config import cfg

from deepaas.options.kinds import MOST_WORKERS

queue_opts = [
    cfg.IntOpt(
        "train-workers",
        default=1,
        min=1,
        max=MOST_WORKERS,
        help="Trainings that run at once, per model; the others wait their turn.",
    ),
    cfg.BoolOpt(
        "shared-workers",
        default=False,
        help="Run trainings in the workers of predictions, as DEEPaaS 2.6 did: for models that "
        "must keep all in one process (GPU memory). Predictions then wait for trainings.",
    ),
    cfg.IntOpt(
        "max-queued-predictions",
        default=1000,
        min=0,
        help="Predictions that may wait for a worker, per model; more are refused with 503.",
    ),
    cfg.FloatOpt(
        "predict-timeout",
        default=0.0,
        min=0,
        metavar="SECONDS",
        help="How long a prediction may take, waiting included, or one that streams until its "
        "first item; then it is stopped, and answered with 504. 0 sets no limit.",
    ),
    cfg.IntOpt(
        "max-queued-trainings",
        default=1000,
        min=1,
        help="Trainings that may wait for their turn; more are refused with 503.",
    ),
]
