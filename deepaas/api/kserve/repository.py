"""The models of a server as a repository, and what has become of their predictions.

Triton's names: clients over HTTP and over gRPC read the same.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from deepaas.executors.base import State
from deepaas.serving.outward import outward
from deepaas.serving.registry import Registry
from deepaas.serving.served import ServedModel

STATES = {State.READY: "READY", State.STARTING: "LOADING"}
UNAVAILABLE = "UNAVAILABLE"
UNLOADED = "it was unloaded, and no call loads it"
AT_A_CALL = "it is loaded at its next call"


def index(models: Registry, ready: bool = False) -> list[dict[str, str]]:
    """Return name, version and state of each model, and why it is not ready.

    Args:
        models: those in service.
        ready: whether to leave out those that are not ready.
    """
    entries = [_entry(model) for model in models]
    return [one for one in entries if not ready or one["state"] == STATES[State.READY]]


def _entry(model: ServedModel) -> dict[str, str]:
    state, why = model.condition
    if state is State.UNLOADED:
        why = UNLOADED if model.withdrawn else AT_A_CALL
    return {
        "name": model.name,
        "version": model.version,
        "state": STATES.get(state, UNAVAILABLE),
        "reason": outward(why),
    }


def statistics(model: ServedModel) -> dict[str, Any]:
    """Return how often a model has predicted, and how long that took.

    Workers do not tell how much of their time goes into reading and encoding: all of it is in
    ``compute_infer``.

    Args:
        model: the model.
    """
    counted = model.statistics
    answered, batches = counted.success.count, {1: counted.infer}
    if model.batcher:
        batches = model.batcher.statistics.took
    return {
        "name": model.name,
        "version": model.version,
        "last_inference": counted.last,
        "inference_count": answered,
        "execution_count": sum(one.count for one in batches.values()),
        "inference_stats": {
            "success": asdict(counted.success),
            "fail": asdict(counted.fail),
            "queue": asdict(counted.queue),
            "compute_infer": asdict(counted.infer),
        },
        "batch_stats": [
            {"batch_size": size, "compute_infer": asdict(total)}
            for size, total in sorted(batches.items())
            if total.count
        ],
    }
