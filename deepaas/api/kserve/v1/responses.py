"""What is sent and answered by KServe's first protocol, as marshmallow schemas."""

from __future__ import annotations

from marshmallow import Schema, fields

TAG = "KServe v1"


class ModelNames(Schema):
    """The models in service."""

    models = fields.List(fields.Str(), required=True)


class Instances(Schema):
    """What is predicted for."""

    instances = fields.List(
        fields.Raw(),
        required=True,
        metadata={"description": "Each an object of arguments by name; files in base64"},
    )


class Predictions(Schema):
    """What is predicted."""

    predictions = fields.List(
        fields.Raw(), required=True, metadata={"description": "One for each instance, in order"}
    )
