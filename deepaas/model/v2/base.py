"""The base class that some models derive from."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any


class BaseModel(abc.ABC):
    """What a model may offer; a module or any object with the same functions does as well."""

    schema: Any = None
    """Fields of predict's answer, or a ``marshmallow.Schema`` class; None if it is free."""

    @abc.abstractmethod
    def get_metadata(self) -> Mapping[str, Any]:
        """Return what the model says of itself: name, author, version, licence and so on."""

    @abc.abstractmethod
    def warm(self) -> None:
        """Load what predictions need; called once in each worker."""

    @abc.abstractmethod
    def predict(self, **kwargs: Any) -> Any:
        """Return a prediction for arguments as ``get_predict_args`` declares them."""

    @abc.abstractmethod
    def get_predict_args(self) -> Mapping[str, Any]:
        """Return the fields of predict's arguments by name."""

    @abc.abstractmethod
    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Train for arguments as ``get_train_args`` declares them."""

    @abc.abstractmethod
    def get_train_args(self) -> Mapping[str, Any]:
        """Return the fields of train's arguments by name."""
