"""What the document says of the routes of the Open Inference Protocol."""

from __future__ import annotations

from typing import Any

from deepaas.api.kserve import responses
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
    507: "The server's disk is full",
}
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
        if predicts and description.predict is not None:
            paths[f"{path}/infer"] = {"post": _infer(parameters)}
    return paths


def _infer(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return _operation(
        "Predict with tensors",
        responses.InferenceResponse,
        *(400, 404, 408, 413, 415, 500, 501, 503, 507),
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
