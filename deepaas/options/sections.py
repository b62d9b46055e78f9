"""What a section ``[model:NAME]`` may have, for one model."""

from __future__ import annotations

from oslo_config import cfg

from deepaas.options.kinds import MOST_WORKERS, Environment

section_opts = [
    cfg.IntOpt(
        "workers",
        min=1,
        max=MOST_WORKERS,
        help="Worker processes for predictions of this model; --workers if not given.",
    ),
    cfg.StrOpt(
        "device",
        sample_default="0;1",
        help="CUDA_VISIBLE_DEVICES of its workers; with several, separated by semicolons, each "
        "worker takes one in turn. Empty hides all devices.",
    ),
    cfg.Opt(
        "environment",
        type=Environment(),
        default={},
        sample_default="OMP_NUM_THREADS:2,WEIGHTS:/srv/weights",
        help="Environment variables of its workers, which have them before they import anything. "
        "A value with commas stands in double quotes.",
    ),
    cfg.BoolOpt("lazy", help="Load it at its first call; --lazy if not given."),
    cfg.FloatOpt(
        "unload_after",
        min=0,
        help="Seconds without a call after which it is unloaded, 0 for never; --unload-after if "
        "not given.",
    ),
    cfg.FloatOpt(
        "predict_timeout",
        min=0,
        help="Seconds that one of its predictions may take, 0 for any time; --predict-timeout if "
        "not given.",
    ),
    cfg.IntOpt(
        "max_queued_predictions",
        min=0,
        help="Predictions of it that may wait for a worker; --max-queued-predictions if not given.",
    ),
]
