"""What is sent and answered by the Open Inference Protocol, as marshmallow schemas."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from deepaas.tensors.datatypes import DATATYPES

NAME = {"description": "Of the argument, or of the part of an answer"}
PARAMETERS = {"description": "What is said beside, such as binary_data_size or content_type"}


class InferenceFailure(Schema):
    """Why a request failed."""

    error = fields.Str(required=True, metadata={"description": "What went wrong"})


class ServerMetadata(Schema):
    """Which server this is."""

    name = fields.Str(required=True)
    version = fields.Str(required=True)
    extensions = fields.List(fields.Str(), required=True)


class ModelReadiness(Schema):
    """That a model is ready."""

    name = fields.Str(required=True)
    ready = fields.Bool(required=True)


class TensorMetadata(Schema):
    """A tensor that a model takes or gives."""

    name = fields.Str(required=True, metadata=NAME)
    datatype = fields.Str(required=True, validate=validate.OneOf(list(DATATYPES)))
    shape = fields.List(
        fields.Int(), required=True, metadata={"description": "-1 stands for any length"}
    )


class TensorsOfModel(Schema):
    """Which tensors a model takes and gives."""

    name = fields.Str(required=True)
    versions = fields.List(fields.Str())
    platform = fields.Str(required=True)
    inputs = fields.List(fields.Nested(TensorMetadata), required=True)
    outputs = fields.List(fields.Nested(TensorMetadata), required=True)
    properties = fields.Dict(keys=fields.Str(), values=fields.Str())


class SentTensor(Schema):
    """A tensor with its elements."""

    name = fields.Str(required=True, validate=validate.Length(min=1), metadata=NAME)
    datatype = fields.Str(required=True, validate=validate.OneOf(list(DATATYPES)))
    shape = fields.List(fields.Int(validate=validate.Range(min=0)), required=True)
    parameters = fields.Dict(metadata=PARAMETERS)
    data = fields.List(
        fields.Raw(),
        metadata={"description": "Row by row, flat or nested; absent where it follows packed"},
    )


class WantedOutput(Schema):
    """An output that is asked for."""

    name = fields.Str(required=True, validate=validate.Length(min=1))
    parameters = fields.Dict(metadata=PARAMETERS)


class InferenceRequest(Schema):
    """What is asked of a model."""

    id = fields.Str(metadata={"description": "It is answered as well"})
    parameters = fields.Dict(metadata={"description": "Scalar arguments can be among them"})
    inputs = fields.List(fields.Nested(SentTensor), required=True)
    outputs = fields.List(fields.Nested(WantedOutput), metadata={"description": "All if absent"})


class InferenceResponse(Schema):
    """What a model answers."""

    model_name = fields.Str(required=True)
    model_version = fields.Str()
    id = fields.Str(required=True)
    outputs = fields.List(fields.Nested(SentTensor), required=True)
