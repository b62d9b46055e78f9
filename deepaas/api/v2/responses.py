"""What the routes answer, as marshmallow schemas for the document."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, fields, validate

from deepaas.executors.base import State
from deepaas.trainings.record import Status


class Location(Schema):
    """A link."""

    rel = fields.Str(required=True)
    href = fields.Str(required=True)
    type = fields.Str()


class Version(Schema):
    """A version of the API."""

    version = fields.Str(required=True)
    id = fields.Str(required=True)
    links = fields.List(fields.Nested(Location))
    type = fields.Str()


class Versions(Schema):
    """The versions of the API."""

    versions = fields.List(fields.Nested(Version), required=True)
    links = fields.List(fields.Nested(Location))
    status = fields.Str(metadata={"description": "alive"})


class Health(Schema):
    """How the server is."""

    live = fields.Bool(required=True, metadata={"description": "True: it answers"})
    ready = fields.Bool(
        required=True,
        metadata={
            "description": "Whether each model has a worker that lives, or is loaded at its next "
            "call"
        },
    )


class Workers(Schema):
    """How the workers of a model are."""

    state = fields.Str(required=True, validate=validate.OneOf([one.value for one in State]))
    reason = fields.Str(metadata={"description": "Why it has failed"})


class Readiness(Health):
    """How the server and its models are."""

    models = fields.Dict(
        keys=fields.Str(),
        values=fields.Nested(Workers),
        required=True,
        metadata={"description": "The workers of each model"},
    )


class Failure(Schema):
    """Why a request failed."""

    error = fields.Str(required=True, metadata={"description": "What went wrong"})
    message = fields.Str(required=True, metadata={"description": "The same text"})


class Prediction(Schema):
    """An answer of predict."""

    status = fields.Str(required=True, metadata={"description": "OK"})
    predictions = fields.Raw(required=True, metadata={"description": "What the model answered"})


class ModelMeta(Schema):
    """What a model says of itself; it may say more."""

    class Meta:
        """Whatever else it says is kept."""

        unknown = INCLUDE

    id = fields.Raw(required=True, metadata={"description": "Model identifier"})
    name = fields.Raw(required=True, metadata={"description": "Model name"})
    description = fields.Raw(metadata={"description": "Model description"})
    license = fields.Raw(metadata={"description": "Model license"})
    author = fields.Raw(metadata={"description": "Model author"})
    version = fields.Raw(metadata={"description": "Model version"})
    url = fields.Raw(metadata={"description": "Model address"})
    links = fields.List(fields.Nested(Location))


class ModelList(Schema):
    """The models in service."""

    models = fields.List(fields.Nested(ModelMeta), required=True)


class TrainingResult(Schema):
    """What a finished training left."""

    output = fields.Raw(metadata={"description": "What the model's train returned"})
    finish_date = fields.Str(metadata={"description": "YYYY-MM-DD HH:MM:SS.ffffff"})
    duration = fields.Str(metadata={"description": "H:MM:SS.ffffff"})


class Progress(Schema):
    """How far a training has got, if it tells."""

    step = fields.Float(allow_none=True, metadata={"description": "Steps that are done"})
    total = fields.Float(allow_none=True, metadata={"description": "Of so many"})
    fraction = fields.Float(metadata={"description": "0 to 1"})
    eta = fields.Float(metadata={"description": "Seconds that are left, as far as can be told"})


class Training(Schema):
    """A training."""

    uuid = fields.Str(required=True, metadata={"description": "32 hexadecimal digits"})
    date = fields.Str(required=True, metadata={"description": "YYYY-MM-DD HH:MM:SS.ffffff"})
    args = fields.Dict(metadata={"description": "What it was called with"})
    status = fields.Str(required=True, validate=validate.OneOf([one.value for one in Status]))
    result = fields.Nested(TrainingResult)
    message = fields.Str(metadata={"description": "Why it failed"})
    progress = fields.Nested(Progress)
    metrics = fields.Dict(
        keys=fields.Str(),
        values=fields.Float(allow_none=True),
        metadata={"description": "The last value of each metric, if it tells any"},
    )


class TrainingFile(Schema):
    """A file that a training was sent."""

    filename = fields.Str(
        required=True, allow_none=True, metadata={"description": "Its name where it came from"}
    )
    content_type = fields.Str(required=True, allow_none=True)
    sha256 = fields.Str(required=True, metadata={"description": "64 hexadecimal digits"})
    size = fields.Int(required=True, metadata={"description": "In bytes"})


class TrainingDetails(Training):
    """A training, and, if asked for, where it comes from."""

    caller = fields.Str(metadata={"description": "Who asked for it: an address, or a command"})
    version = fields.Str(metadata={"description": "Version of the model that is trained"})
    files = fields.Dict(
        keys=fields.Str(),
        values=fields.List(fields.Nested(TrainingFile)),
        metadata={"description": "The files that it was sent, by argument"},
    )
    started = fields.Str(
        metadata={"description": "When it began, the last time; YYYY-MM-DD HH:MM:SS.ffffff"}
    )
    finished = fields.Str(metadata={"description": "YYYY-MM-DD HH:MM:SS.ffffff"})


class Promotion(Schema):
    """What predicts."""

    model = fields.Str(required=True, metadata={"description": "The model"})
    version = fields.Str(
        required=True, metadata={"description": "UUID of the training, or the model's own version"}
    )


class Artifact(Schema):
    """A file that a training has made."""

    name = fields.Str(required=True, metadata={"description": "Path in the training's directory"})
    size = fields.Int(required=True, metadata={"description": "In bytes"})
    modified = fields.Float(required=True, metadata={"description": "In seconds since 1970"})


class ArtifactList(Schema):
    """The files that a training has made."""

    artifacts = fields.List(fields.Nested(Artifact), required=True)


class TrainingList(Schema):
    """Trainings under one key, for modules that use this schema; the API answers a bare list."""

    trainings = fields.List(fields.Nested(Training))
