"""What the document says of the routes of KServe's protocols."""

from __future__ import annotations

from typing import Any

from deepaas.api.kserve import responses
from deepaas.api.kserve.v1.responses import TAG as V1
from deepaas.api.kserve.v1.responses import Instances, Predictions
from deepaas.schema.accept import EVENTS
from deepaas.schema.description import Description

TAG = "inference"
JSON, PACKED = "application/json", "application/octet-stream"
REASONS = {
    400: "The request cannot be read, arguments do not fit, or the model refused it",
    404: "There is no such model, or not in that version",
    408: "The body stopped coming",
    413: "The body is larger than allowed",
    415: "The body is packed in a way that is not read",
    500: "The model failed",
    501: "The model does not implement this",
    503: "The model is not ready, or too much waits already",
    504: "The model did not answer in time",
    507: "The server's disk is full",
}
# What can become of any call of a model.
OF_CALLS = (400, 404, 408, 413, 415, 500, 501, 503, 504, 507)
VERSION = {
    "in": "path",
    "name": "version",
    "required": True,
    "type": "string",
    "description": "UUID of the training that is served, or the model's own version",
}
BODY = {"in": "body", "name": "body", "required": True, "schema": responses.InferenceRequest}
LENGTH = {
    "in": "header",
    "name": "Inference-Header-Content-Length",
    "required": False,
    "type": "integer",
    "minimum": 0,
    "description": "How many bytes of the body are JSON, where packed tensors follow",
}


def model_paths(
    prefix: str, description: Description, predicts: bool
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the operations of a model by path.

    Args:
        prefix: base path.
        description: what the model offers.
        predicts: whether predictions are offered.
    """
    plain = f"{prefix}/v2/models/{description.name}"
    versioned = f"{plain}/versions/{{version}}"
    paths: dict[str, dict[str, Any]] = {
        versioned: {
            "get": _operation(
                "Show which tensors a version of the model takes and gives",
                responses.TensorsOfModel,
                404,
                parameters=[VERSION],
            )
        }
    }
    for path, parameters in ((plain, []), (versioned, [VERSION])):
        paths[f"{path}/ready"] = {
            "get": _operation(
                "Tell whether the model is ready",
                responses.ModelReadiness,
                *(404, 503),
                parameters=parameters,
            )
        }
        paths[f"{path}/stats"] = {
            "get": _operation(
                "Tell how often the model has predicted, and how long it took",
                responses.StatisticsOfModels,
                404,
                parameters=parameters,
            )
        }
        if predicts and description.predict is not None:
            paths[f"{path}/infer"] = {"post": _infer(parameters)}
            paths[f"{path}/generate"] = {"post": _generate(parameters, JSON)}
            paths[f"{path}/generate_stream"] = {"post": _generate(parameters, EVENTS)}
    v1 = f"{prefix}/v1/models/{description.name}"
    paths[v1] = {
        "get": _operation(
            "Tell whether the model is ready", responses.ModelReadiness, 404, 503, tags=[V1]
        )
    }
    if predicts and description.predict is not None:
        paths[f"{v1}:predict"] = {"post": _predict()}
    return paths | _in_repository(f"{prefix}/v2/repository/models/{description.name}")


def _in_repository(root: str) -> dict[str, dict[str, Any]]:
    failures = (400, 404, 408, 413, 415)
    return {
        f"{root}/load": {
            "post": _operation(
                "Set up the workers of the model", responses.LoadedModel, *failures, 500, 503
            )
        },
        f"{root}/unload": {
            "post": _operation(
                "End the workers of the model, once their calls have come to an end",
                responses.UnloadedModel,
                *failures,
                503,
            )
        },
    }


def _predict() -> dict[str, Any]:
    return _operation(
        "Predict for instances",
        Predictions,
        *OF_CALLS,
        parameters=[{**BODY, "schema": Instances}],
        consumes=[JSON],
        tags=[V1],
    )


def _generate(parameters: list[dict[str, Any]], produced: str) -> dict[str, Any]:
    item_by_item = produced == EVENTS
    return _operation(
        "Predict, each item as an event" if item_by_item else "Predict, outputs by name",
        {"type": "string"} if item_by_item else responses.GenerateResponse,
        *OF_CALLS,
        parameters=[*parameters, {**BODY, "schema": responses.GenerateRequest}],
        produces=[produced, JSON] if item_by_item else [JSON],
        consumes=[JSON],
    )


def _infer(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return _operation(
        "Predict with tensors",
        responses.InferenceResponse,
        *OF_CALLS,
        parameters=[*parameters, LENGTH, BODY],
        produces=[JSON, PACKED],
        consumes=[JSON, PACKED],
    )


def _operation(summary: str, answer: Any, *failures: int, **more: Any) -> dict[str, Any]:
    answers = {"200": {"description": "The answer", "schema": answer}}
    failed = {
        str(status): {"description": REASONS[status], "schema": responses.InferenceFailure}
        for status in failures
    }
    return {
        "tags": [TAG],
        "summary": summary,
        "produces": [JSON],
        "responses": answers | failed,
        **more,
    }
