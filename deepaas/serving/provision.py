"""What a model gets of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deepaas.authoring import Needs
from deepaas.settings import Settings

DEVICE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Provision:
    """What a model gets.

    Args:
        workers: worker processes for predictions.
        environments: variables of its workers, which take them in turn.
        lazy: whether it is loaded only when it is first asked.
        unload_after: seconds without a call after which it is unloaded; 0 for never.
    """

    workers: int
    environments: tuple[Mapping[str, str], ...]
    lazy: bool
    unload_after: float

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
        chosen = [one for one in devices if one] or [""]
        environments = tuple({**needs.environment, DEVICE: one} for one in chosen)
    return Provision(
        settings.workers if needs.workers is None else needs.workers,
        environments,
        settings.lazy if needs.lazy is None else needs.lazy,
        settings.unload_after if needs.unload_after is None else needs.unload_after,
    )
