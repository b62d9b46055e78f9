"""A model object behind one interface, under the names that old modules import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepaas.files import ReturnedFile, UploadedFile
from deepaas.model.describe import ask_metadata, describe
from deepaas.schema.description import Arguments

__all__ = ["ModelWrapper", "ReturnedFile", "UploadedFile"]


class ModelWrapper:
    """A model object, asked and called in this process.

    Args:
        name: the name under which it is served.
        model_obj: a module or an object.
        app: an application that it belongs to; kept, not used.

    Raises:
        InvalidModel: what it declares cannot be served.
    """

    def __init__(self, name: str, model_obj: Any, app: Any = None) -> None:
        self.name = name
        self.model_obj = model_obj
        self.app = app
        self._description = describe(name, model_obj)
        self.response_schema = self._description.response
        self.has_schema = self.response_schema is not None

    def get_metadata(self) -> dict[str, Any]:
        """Return what the model says of itself, with ``id``, ``name`` and ``links``."""
        links = [{"rel": "self", "href": f"/v2/models/{self.name}"}]
        return {"links": links, **ask_metadata(self.name, self.model_obj)}

    def get_predict_args(self) -> Mapping[str, Any]:
        """Return the fields of predict's arguments by name."""
        return _fields(self._description.predict)

    def get_train_args(self) -> Mapping[str, Any]:
        """Return the fields of train's arguments by name."""
        return _fields(self._description.train)

    def validate_response(self, response: Any) -> bool:
        """Check an answer against the model's schema.

        Args:
            response: what ``predict`` returned.

        Raises:
            marshmallow.ValidationError: it does not follow the schema.
        """
        if self.response_schema is not None:
            self.response_schema.load(response)
        return True

    async def warm(self) -> None:
        """Call the model's ``warm``, if it has one."""
        if hasattr(self.model_obj, "warm"):
            self.model_obj.warm()

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model's ``predict``."""
        return self.model_obj.predict(*args, **kwargs)

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Call the model's ``train``."""
        return self.model_obj.train(*args, **kwargs)


def _fields(arguments: Arguments | None) -> dict[str, Any]:
    return {one.name: one.field for one in arguments or ()}
