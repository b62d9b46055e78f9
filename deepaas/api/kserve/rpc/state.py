"""How the server is that gRPC is a door to."""

from __future__ import annotations

import asyncio

from deepaas.serving.registry import Registry


class State:
    """Whether calls can be made.

    Args:
        models: those in service.

    Attributes:
        stopping: set once the server has been told to stop.
    """

    def __init__(self, models: Registry) -> None:
        self._models = models
        self.stopping = asyncio.Event()

    @property
    def staying(self) -> bool:
        """Whether the server will be there for a while."""
        return not (self._models.leaving or self.stopping.is_set())

    @property
    def ready(self) -> bool:
        """Whether each model can be asked, and will be for a while."""
        return self._models.ready and self.staying
