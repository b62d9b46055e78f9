"""What is sent and answered by the Open Inference Protocol, as marshmallow schemas."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, fields, validate

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


class RepositoryEntry(Schema):
    """A model, and how it is."""

    name = fields.Str(required=True)
    version = fields.Str(required=True, metadata={"description": "Empty if it is not known"})
    state = fields.Str(required=True, validate=validate.OneOf(["READY", "LOADING", "UNAVAILABLE"]))
    reason = fields.Str(required=True, metadata={"description": "Why it is not ready"})


class Duration(Schema):
    """Of several predictions."""

    count = fields.Int(required=True)
    ns = fields.Int(required=True, metadata={"description": "What they took together"})


class InferenceDurations(Schema):
    """What has become of predictions."""

    success = fields.Nested(Duration, required=True)
    fail = fields.Nested(Duration, required=True)
    queue = fields.Nested(Duration, required=True)
    compute_infer = fields.Nested(Duration, required=True)


class BatchDurations(Schema):
    """Batches of one size."""

    batch_size = fields.Int(required=True)
    compute_infer = fields.Nested(Duration, required=True)


class StatisticsOfModel(Schema):
    """How often a model has predicted, and how long it took."""

    name = fields.Str(required=True)
    version = fields.Str(required=True, metadata={"description": "Empty if it is not known"})
    last_inference = fields.Int(
        required=True, metadata={"description": "In milliseconds since 1970; 0 for never"}
    )
    inference_count = fields.Int(required=True, metadata={"description": "That were answered"})
    execution_count = fields.Int(required=True, metadata={"description": "Calls of the model"})
    inference_stats = fields.Nested(InferenceDurations, required=True)
    batch_stats = fields.List(fields.Nested(BatchDurations), required=True)


class StatisticsOfModels(Schema):
    """The same of several."""

    model_stats = fields.List(fields.Nested(StatisticsOfModel), required=True)


# Named like methods of schemas.
LoadedModel = Schema.from_dict(
    {"name": fields.Str(required=True), "load": fields.Bool(required=True)}, name="LoadedModel"
)
UnloadedModel = Schema.from_dict(
    {"name": fields.Str(required=True), "unload": fields.Bool(required=True)}, name="UnloadedModel"
)


class GenerateRequest(Schema):
    """Arguments by name, and what stands beside them."""

    class Meta:
        """Arguments have names of their own."""

        unknown = INCLUDE

    id = fields.Str(metadata={"description": "It is answered as well"})
    text_input = fields.Str(
        metadata={"description": "Of the first argument that is a text, where none is called so"}
    )
    parameters = fields.Dict(metadata={"description": "Scalar arguments can be among them"})


class GenerateResponse(Schema):
    """Outputs by name."""

    class Meta:
        """Outputs have names of their own."""

        unknown = INCLUDE

    model_name = fields.Str(required=True)
    model_version = fields.Str()
    id = fields.Str()
    text_output = fields.Str(metadata={"description": "A text without a name"})
