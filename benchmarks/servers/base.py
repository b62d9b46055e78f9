"""What the harness needs to know of a server."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from wire import Request
from workloads import Workload


@dataclass(frozen=True)
class Launch:
    """A command line, and environment variables on top of the present ones."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Server(ABC):
    """How to install, start and address one server.

    Attributes:
        name: its name on the command line.
        title: its name in the tables.
        environment: the name of its virtual environment.
        requirements: what pip installs there; a ``Path`` is a source tree, installed editable.
        workloads: names of the workloads that it can be given.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    environment: ClassVar[str]
    requirements: ClassVar[Sequence[str | Path]]
    workloads: ClassVar[frozenset[str]]

    @abstractmethod
    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        """How to start it.

        Args:
            binaries: the ``bin`` folder of its virtual environment.
            workload: the one it is to serve.
            port: where to listen on 127.0.0.1.
            workers: the number of worker processes.
        """

    @abstractmethod
    def request(self, workload: Workload) -> Request:
        """The workload in this server's own protocol."""

    def result(self, workload: Workload, body: bytes) -> Any:
        """The model's answer, taken out of this server's envelope."""
        return json.loads(body)
