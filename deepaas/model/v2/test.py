"""The built-in model, for trying clients without a model of one's own."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from deepaas.model.v2.base import BaseModel

# One transparent pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)


class TestModel(BaseModel):
    """Answers what it was asked; ``train`` sleeps."""

    # Not a test, though its name must be this.
    __test__ = False

    schema: Any = None

    def get_metadata(self) -> Mapping[str, Any]:
        """Say that this is not a model at all."""
        return {
            "name": "deepaas-test",
            "description": "A model that answers what it was asked, for trying clients.",
            "author": "The DEEPaaS developers",
            "license": "Apache-2.0",
            "version": "1.0.0",
        }

    def warm(self) -> None:
        """There is nothing to load."""

    def get_predict_args(self) -> Mapping[str, Any]:
        """Return a file, a number, a choice and the content type of the answer."""
        return {
            "data": fields.Raw(
                required=True,
                metadata={"type": "file", "location": "form", "description": "Any file."},
            ),
            "parameter": fields.Int(required=True, metadata={"description": "Any integer."}),
            "parameter_three": fields.Str(
                validate=validate.OneOf(["foo", "bar"]),
                metadata={"description": "One of two words."},
            ),
            "accept": fields.Str(
                load_default="application/json",
                validate=validate.OneOf(["application/json", "text/plain", "image/png"]),
                metadata={"location": "headers", "description": "Content type of the answer."},
            ),
        }

    def predict(self, **kwargs: Any) -> Any:
        """Answer what arrived, as JSON or text, or a picture of one pixel."""
        with open(kwargs["data"].filename, "rb") as file:
            size = len(file.read())
        answer = {
            "file": kwargs["data"].original_filename,
            "size": size,
            "parameter": kwargs["parameter"],
            "parameter_three": kwargs.get("parameter_three"),
        }
        if kwargs["accept"] == "image/png":
            return io.BytesIO(PIXEL)
        return str(answer) if kwargs["accept"] == "text/plain" else answer

    def get_train_args(self) -> Mapping[str, Any]:
        """Return how long to sleep, and a word."""
        return {
            "sleep": fields.Int(
                required=True,
                validate=validate.Range(min=0, max=86400),
                metadata={"description": "Seconds that the training takes."},
            ),
            "parameter_two": fields.Str(metadata={"description": "Any text."}),
        }

    def train(self, *args: Any, **kwargs: Any) -> Any:
        """Sleep, then answer what arrived."""
        time.sleep(kwargs["sleep"])
        return dict(kwargs)
