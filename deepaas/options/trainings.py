"""Where trainings are kept, and how they end."""

from __future__ import annotations

from oslo_config import cfg

training_opts = [
    cfg.StrOpt(
        "state-dir",
        default="",
        metavar="PATH",
        help="Where trainings are kept: their database, logs, checkpoints and results. If not "
        "given, deepaas in $XDG_STATE_HOME or in ~/.local/state.",
    ),
    cfg.StrOpt(
        "database-url",
        default="",
        metavar="URL",
        secret=True,
        help="Database for trainings that several servers share, such as "
        "postgresql://user:password@host/name. If not given, a file in the state directory.",
    ),
    cfg.FloatOpt(
        "cancel-grace",
        default=3.0,
        min=0,
        metavar="SECONDS",
        help="How long a cancelled training that asks whether it is may take to save what it has; "
        "one that does not ask is killed at once.",
    ),
    cfg.StrOpt(
        "keep-trainings",
        default="",
        metavar="BOUNDS",
        help="How many finished trainings to keep for each model, and for how long: 100, 30d "
        "(also w, h and m), or 100,30d. If not given, all are kept.",
    ),
]
