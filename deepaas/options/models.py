"""Which models are served, and when they are loaded."""

from __future__ import annotations

from oslo_config import cfg

from deepaas.options.kinds import MOST_WORKERS, Size

# What a configuration file has no use for.
positional_opts = [
    cfg.MultiStrOpt(
        "model",
        default=[],
        positional=True,
        required=False,
        metavar="MODEL",
        help="Models to serve: a file such as model.py, a module, module:object, or the name of "
        "an installed one. Without any, --model-name says which.",
    ),
]

model_opts = [
    cfg.MultiStrOpt(
        "model-name",
        default=[],
        metavar="NAME",
        help="Model to serve, as its entry point in 'deepaas.v2.model' is called; may be given "
        "several times. Without it all installed models are served.",
    ),
    cfg.BoolOpt(
        "warm",
        default=True,
        help="Call the model's 'warm' in each worker before the server listens.",
    ),
    cfg.IntOpt(
        "workers",
        short="p",
        default=1,
        min=1,
        max=MOST_WORKERS,
        help="Worker processes for predictions, per model.",
    ),
    cfg.BoolOpt(
        "lazy",
        default=False,
        help="Load each model only at its first call.",
    ),
    cfg.FloatOpt(
        "unload-after",
        default=0.0,
        min=0,
        metavar="SECONDS",
        help="Unload a model that has had no call for so long, until its next one; 0 for never.",
    ),
    cfg.Opt(
        "memory-limit",
        type=Size(),
        default="",
        metavar="BYTES",
        help="Unload models without a call, those that were not used for longest first, while the "
        "workers of all take more than this: 500M, 16G. If not given, there is no limit.",
    ),
]
