"""What the document says of a model's routes."""

from __future__ import annotations

from typing import Any

from deepaas.api.v2 import responses
from deepaas.schema.description import Arguments, Description
from deepaas.schema.openapi import ParameterRenderer, consumes, produces
from deepaas.settings import Settings

Operations = dict[str, dict[str, Any]]
REASONS = {
    400: "The request cannot be read, or the model refused it",
    413: "The body is larger than allowed",
    415: "The body is of a type that is not read",
    500: "The model failed",
    501: "The model does not implement this",
    503: "The server is shutting down",
    507: "The server's disk is full",
}
INVALID = {
    "description": "Arguments do not fit: messages by argument",
    "schema": {"type": "object", "additionalProperties": {}},
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
        paths[f"{root}train/{{uuid}}"] = {
            "get": _one_training("Show a training"),
            "delete": _one_training("Cancel a training, or forget one that has ended"),
        }
    if settings.predict_endpoint and description.predict is not None:
        paths[f"{root}predict/"] = {"post": _predict(description.predict, renderer, response)}
    return paths


def _get_model(description: Description) -> dict[str, Any]:
    summary = f"Show what the model {description.name} says of itself"
    return _operation(summary, {**_answer(responses.ModelMeta, "Its metadata"), **_failures(500)})


def _predict(
    arguments: Arguments, renderer: ParameterRenderer, response: dict[str, Any]
) -> dict[str, Any]:
    return _operation(
        "Predict",
        {**_answer(response, "What the model predicts"), **_call_failures()},
        parameters=renderer.parameters(arguments),
        produces=produces(arguments),
        consumes=consumes(arguments),
    )


def _start_training(arguments: Arguments, renderer: ParameterRenderer) -> dict[str, Any]:
    return _operation(
        "Start a training",
        {**_answer(responses.Training, "The training, running or queued"), **_call_failures()},
        parameters=renderer.parameters(arguments),
        consumes=consumes(arguments),
    )


def _one_training(summary: str) -> dict[str, Any]:
    unknown = {404: {"description": "There is no such training", "schema": responses.Failure}}
    return _operation(
        summary, {**_answer(responses.Training, "The training"), **unknown}, parameters=[UUID]
    )


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
    return {
        status: {"description": REASONS[status], "schema": responses.Failure} for status in statuses
    }


def _call_failures() -> dict[int, Any]:
    return {**_failures(400, 413, 415), 422: INVALID, **_failures(500, 501, 503, 507)}
