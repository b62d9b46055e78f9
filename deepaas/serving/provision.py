"""What a model gets of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deepaas.authoring import Needs
from deepaas.settings import Settings

DEVICE = "CUDA_VISIBLE_DEVICES"
# What a model may need otherwise than the server's options say for all.
CHOSEN = ("workers", "lazy", "unload_after", "predict_timeout", "max_queued_predictions")


@dataclass(frozen=True)
class Provision:
    """What a model gets.

    Args:
        workers: worker processes for predictions.
        environments: variables of its workers, which take them in turn.
        lazy: whether it is loaded only when it is first asked.
        unload_after: seconds without a call after which it is unloaded; 0 for never.
        predict_timeout: seconds that a prediction may take; 0 for any time.
        max_queued_predictions: predictions that may wait for a worker.
    """

    workers: int
    environments: tuple[Mapping[str, str], ...]
    lazy: bool
    unload_after: float
    predict_timeout: float = 0.0
    max_queued_predictions: int = 1000

    def in_words(self) -> str:
        """Return how it is loaded, for people."""
        workers = f"{self.workers} worker{'' if self.workers == 1 else 's'}"
        return f"{workers}, at its first call" if self.lazy else workers


def provide(settings: Settings, name: str, declared: Needs) -> Provision:
    """Return what a model gets.

    Args:
        settings: what the configuration says of the model, and what is for all.
        name: the name under which it is served.
        declared: what its author says that it needs; the configuration goes before.
    """
    needs = settings.needs.get(name, Needs()).over(declared)
    environments: tuple[Mapping[str, str], ...] = (needs.environment,)
    if needs.device is not None:
        devices = [one.strip() for one in needs.device.split(";")]
        visible = [one for one in devices if one] or [""]
        environments = tuple({**needs.environment, DEVICE: one} for one in visible)
    chosen = {
        name: getattr(settings, name) if (value := getattr(needs, name)) is None else value
        for name in CHOSEN
    }
    return Provision(environments=environments, **chosen)
