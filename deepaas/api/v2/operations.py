"""What the document says of a model's routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from deepaas.api.v2 import responses
from deepaas.api.v2.train import NO, YES
from deepaas.schema.description import Arguments, Description
from deepaas.schema.openapi import ParameterRenderer, consumes, produces
from deepaas.settings import Settings

Operations = dict[str, dict[str, Any]]
REASONS = {
    400: "The request cannot be read, or the model refused it",
    408: "The body stopped coming",
    409: "The state of the training does not allow it",
    413: "The body is larger than allowed",
    415: "The body is of a type that is not read",
    500: "The model failed",
    501: "The model does not implement this",
    503: "The server is shutting down or not ready yet, or too much waits already",
    504: "The model has not answered in time",
    507: "The server's disk is full",
}
INVALID = {
    "description": "Arguments do not fit: messages by argument",
    "schema": {"type": "object", "additionalProperties": {}},
}
JSON = "application/json"
KNOWN = "The id of the last event that is known already"
LAST_EVENT = {
    "in": "header",
    "name": "Last-Event-ID",
    "required": False,
    "type": "integer",
    "minimum": 0,
    "maximum": 999999999,
    "description": f"{KNOWN}; browsers send it",
}
LAST_EVENT_IN_QUERY = {
    **LAST_EVENT,
    "in": "query",
    "name": "last_event_id",
    "description": f"{KNOWN}, for those who cannot send the header, which counts if both are there",
}
SWITCH = {"in": "query", "required": False, "type": "string", "enum": [*YES, *NO]}
FOLLOW = {
    **SWITCH,
    "name": "follow",
    "description": "Whether to go on as long as the training runs",
}
DETAILS = {**SWITCH, "name": "details", "description": "Whether to tell where it comes from"}
NAME = {
    "in": "path",
    "name": "name",
    "required": True,
    "type": "string",
    "description": "As the list of files has it",
}
VALUES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "step": {"type": "number", "x-nullable": True},
            "value": {"type": "number", "x-nullable": True},
            "time": {"type": "number", "description": "In seconds since 1970"},
        },
    },
}
UUID = {
    "in": "path",
    "name": "uuid",
    "required": True,
    "type": "string",
    "description": "What the start of the training answered",
}


def model_paths(
    prefix: str,
    description: Description,
    settings: Settings,
    renderer: ParameterRenderer,
    response: dict[str, Any],
) -> dict[str, Operations]:
    """Return the operations of a model by path.

    Args:
        prefix: base path.
        description: what the model offers.
        settings: which endpoints are enabled.
        renderer: renders its arguments.
        response: Swagger schema of its JSON answers.
    """
    root = f"{prefix}/v2/models/{description.name}/"
    paths = {root: {"get": _get_model(description)}}
    if settings.train_endpoint and description.train is not None:
        paths[f"{root}train/"] = {
            "post": _start_training(description.train, renderer),
            "get": _operation(
                "List trainings, oldest first",
                _answer({"type": "array", "items": responses.Training}, "The trainings"),
            ),
        }
        paths |= _training_paths(f"{root}train/{{uuid}}")
        if description.promotable:
            paths[f"{root}train/{{uuid}}/promote"] = _promotion()
    if settings.predict_endpoint and description.predict is not None:
        paths[f"{root}predict/"] = {
            "post": _predict(description.predict, renderer, response, description.streams)
        }
    return paths


def _get_model(description: Description) -> dict[str, Any]:
    summary = f"Show what the model {description.name} says of itself"
    return _operation(summary, {**_answer(responses.ModelMeta, "Its metadata"), **_failures(500)})


def _predict(
    arguments: Arguments,
    renderer: ParameterRenderer,
    response: dict[str, Any],
    streams: bool,
) -> dict[str, Any]:
    return _operation(
        arguments.summary or ("Predict, item by item" if streams else "Predict"),
        {**_answer(response, "What the model predicts"), **_call_failures(504)},
        parameters=renderer.parameters(arguments),
        produces=produces(arguments, streams),
        consumes=consumes(arguments),
    )


def _start_training(arguments: Arguments, renderer: ParameterRenderer) -> dict[str, Any]:
    return _operation(
        "Start a training",
        {**_answer(responses.Training, "The training, running or queued"), **_call_failures()},
        parameters=renderer.parameters(arguments),
        consumes=consumes(arguments),
    )


def _training_paths(root: str) -> dict[str, Operations]:
    return {
        root: {
            "get": _one_training(
                "Show a training",
                400,
                answer=_answer(responses.TrainingDetails, "The training"),
                parameters=[DETAILS],
            ),
            "delete": _one_training("Cancel a training, or forget one that has ended", 409),
        },
        f"{root}/resume": {
            "post": _one_training(
                "Start a training again that was interrupted or cancelled or has failed",
                *(409, 422, 503),
            )
        },
        f"{root}/events": {
            "get": _one_training(
                "Follow what happens in a training, as server-sent events",
                400,
                answer={**_text("The events"), 204: {"description": "Nothing more will happen"}},
                parameters=[LAST_EVENT, LAST_EVENT_IN_QUERY],
                produces=["text/event-stream", JSON],
            )
        },
        f"{root}/log": {
            "get": _one_training(
                "Show what a training has printed and logged",
                400,
                answer=_text("The log"),
                parameters=[FOLLOW],
                produces=["text/plain", JSON],
            )
        },
        f"{root}/metrics": {
            "get": _one_training(
                "Show all values of all metrics by name",
                answer=_answer({"type": "object", "additionalProperties": VALUES}, "The metrics"),
            )
        },
        f"{root}/artifacts": {
            "get": _one_training(
                "List the files that a training has made",
                answer=_answer(responses.ArtifactList, "The files"),
            )
        },
        f"{root}/artifacts/{{name}}": {
            "get": _one_training(
                "Download a file that a training has made",
                answer={200: {"description": "The file", "schema": {"type": "file"}}},
                parameters=[NAME],
                produces=["application/octet-stream", JSON],
            )
        },
    }


def _promotion() -> Operations:
    answer = _answer(responses.Promotion, "What predicts from now on")
    return {
        "post": _one_training("Put what a training has made into service", 409, 500, answer=answer),
        "delete": _one_training(
            "Serve what the model brings itself again", 409, 500, answer=answer
        ),
    }


def _one_training(
    summary: str,
    *failures: int,
    answer: dict[int, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
    produces: Sequence[str] = ("application/json",),
) -> dict[str, Any]:
    unknown = {404: {"description": "There is no such training", "schema": responses.Failure}}
    answers = answer or _answer(responses.Training, "The training")
    return _operation(
        summary,
        {**answers, **unknown, **_failures(*failures)},
        parameters=[UUID, *parameters],
        produces=list(produces),
    )


def _text(description: str) -> dict[int, Any]:
    return {200: {"description": description, "schema": {"type": "string"}}}


def _operation(summary: str, answers: dict[int, Any], **more: Any) -> dict[str, Any]:
    return {
        "tags": ["models"],
        "summary": summary,
        "parameters": [],
        "produces": ["application/json"],
        "responses": {str(status): answer for status, answer in answers.items()},
        **more,
    }


def _answer(schema: Any, description: str) -> dict[int, Any]:
    return {200: {"description": description, "schema": schema}}


def _failures(*statuses: int) -> dict[int, Any]:
    documented = {
        status: {"description": REASONS[status], "schema": responses.Failure}
        for status in statuses
        if status != 422
    }
    return documented | ({422: INVALID} if 422 in statuses else {})


def _call_failures(*more: int) -> dict[int, Any]:
    return _failures(400, 408, 413, 415, 422, 500, 501, 503, *more, 507)
