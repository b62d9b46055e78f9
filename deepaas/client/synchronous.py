"""The client, for scripts and notebooks: each call is one of the asynchronous client's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deepaas.client.answers import Prediction
from deepaas.client.asynchronous import TIMEOUT, AsyncClient
from deepaas.client.background import Background
from deepaas.client.events import Event
from deepaas.client.handles import PATIENCE, AsyncModel, AsyncTraining
from deepaas.client.records import Artifact, Metadata, MetricValue, Origin, TrainingRecord
from deepaas.client.trust import Verify


class Client:
    """A client of one server.

    Args:
        url: address of the server, with its base path if it has one.
        timeout: seconds for which the server may be silent while it is asked; None for any time.
        headers: sent with each request.
        token: shown with each request; that of the environment variable ``DEEPAAS_TOKEN`` if not
            given.
        verify: whom to trust over TLS: True for what this machine trusts, a file of certificates in
            PEM, an ``ssl.SSLContext``, or False for anybody.

    Raises:
        ValueError: this is no address of a server, or there are no certificates in the file.
    """

    def __init__(
        self,
        url: str,
        timeout: float | None = TIMEOUT,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        verify: Verify = True,
    ) -> None:
        self._client = AsyncClient(url, timeout, headers, token, verify)
        self._background = Background(self._client)

    def models(self) -> list[Metadata]:
        """See ``AsyncClient.models``."""
        return self._background.run(self._client.models())

    def model(self, name: str | None = None) -> Model:
        """See ``AsyncClient.model``."""
        return Model(self._background, self._client.model(name))

    def predict(
        self,
        model: str | None = None,
        /,
        accept: str | None = None,
        to: Path | None = None,
        **arguments: Any,
    ) -> Prediction:
        """See ``AsyncClient.predict``."""
        return self.model(model).predict(arguments, accept, to)

    def stream(
        self, model: str | None = None, /, accept: str | None = None, **arguments: Any
    ) -> Iterator[Any]:
        """See ``AsyncClient.stream``."""
        return self.model(model).stream(arguments, accept)

    def close(self) -> None:
        """Close all connections; nothing can be asked any more."""
        self._background.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Model:
    """A model on a server.

    Args:
        background: where it is asked.
        model: the same for event loops.
    """

    def __init__(self, background: Background, model: AsyncModel) -> None:
        self._background = background
        self._model = model

    def metadata(self) -> Metadata:
        """See ``AsyncModel.metadata``."""
        return self._background.run(self._model.metadata())

    def predict(
        self,
        arguments: Mapping[str, Any] | None = None,
        /,
        accept: str | None = None,
        to: Path | None = None,
        **more: Any,
    ) -> Prediction:
        """See ``AsyncModel.predict``."""
        merged = {**(arguments or {}), **more}
        return self._background.run(self._model.predict(merged, accept, to))

    def stream(
        self,
        arguments: Mapping[str, Any] | None = None,
        /,
        accept: str | None = None,
        **more: Any,
    ) -> Iterator[Any]:
        """See ``AsyncModel.stream``."""
        merged = {**(arguments or {}), **more}
        return self._background.iterate(self._model.stream(merged, accept))

    def train(self, arguments: Mapping[str, Any] | None = None, /, **more: Any) -> Training:
        """See ``AsyncModel.train``."""
        merged = {**(arguments or {}), **more}
        return Training(self._background, self._background.run(self._model.train(merged)))

    def trainings(self) -> list[Training]:
        """See ``AsyncModel.trainings``."""
        found = self._background.run(self._model.trainings())
        return [Training(self._background, one) for one in found]

    def training(self, uuid: str) -> Training:
        """See ``AsyncModel.training``."""
        return Training(self._background, self._background.run(self._model.training(uuid)))


class Training(TrainingRecord):
    """A training on a server.

    Args:
        background: where it is asked.
        training: the same for event loops.
    """

    def __init__(self, background: Background, training: AsyncTraining) -> None:
        self._background = background
        self._training = training

    @property
    def document(self) -> dict[str, Any]:
        """All that the server tells of it."""
        return self._training.document

    def refresh(self) -> Training:
        """See ``AsyncTraining.refresh``."""
        self._background.run(self._training.refresh())
        return self

    def origin(self) -> Origin:
        """See ``AsyncTraining.origin``."""
        return self._background.run(self._training.origin())

    def cancel(self) -> Training:
        """See ``AsyncTraining.cancel``."""
        self._background.run(self._training.cancel())
        return self

    def delete(self) -> None:
        """See ``AsyncTraining.delete``."""
        self._background.run(self._training.delete())

    def resume(self) -> Training:
        """See ``AsyncTraining.resume``."""
        self._background.run(self._training.resume())
        return self

    def promote(self) -> str:
        """See ``AsyncTraining.promote``."""
        return self._background.run(self._training.promote())

    def withdraw(self) -> str:
        """See ``AsyncTraining.withdraw``."""
        return self._background.run(self._training.withdraw())

    def log(self, follow: bool = False) -> Iterator[str]:
        """See ``AsyncTraining.log``."""
        return self._background.iterate(self._training.log(follow))

    def events(self, after: int = 0, patience: float = PATIENCE) -> Iterator[Event]:
        """See ``AsyncTraining.events``."""
        return self._background.iterate(self._training.events(after, patience))

    def wait(self, timeout: float | None = None) -> Training:
        """See ``AsyncTraining.wait``."""
        self._background.run(self._training.wait(timeout))
        return self

    def metric_values(self) -> dict[str, list[MetricValue]]:
        """See ``AsyncTraining.metric_values``."""
        return self._background.run(self._training.metric_values())

    def artifacts(self) -> list[Artifact]:
        """See ``AsyncTraining.artifacts``."""
        return self._background.run(self._training.artifacts())

    def download(self, name: str, to: Path) -> Path:
        """See ``AsyncTraining.download``."""
        return self._background.run(self._training.download(name, to))
