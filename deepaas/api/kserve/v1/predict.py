"""Predictions for instances."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.body import read_whole
from deepaas.api.keys import SETTINGS
from deepaas.api.kserve.lookup import find_model
from deepaas.api.kserve.v1.events import open_event
from deepaas.api.kserve.v1.instances import predict_each, split
from deepaas.api.text import read_apart
from deepaas.api.v2.reading import within_of
from deepaas.exceptions import PayloadTooLarge


async def predict(request: web.Request) -> web.Response:
    """Answer what a model predicts for each instance."""
    model = find_model(request)
    within = within_of(request)
    body = await read_whole(request, request.app[SETTINGS].bounds)
    body, answer = await read_apart(len(body), open_event, request.headers, body)
    instances = await read_apart(len(body), split, body)
    most = request.app[SETTINGS].max_arguments
    if len(instances) > most:
        raise PayloadTooLarge(f"more than {most} instances in a request (--max-arguments)")
    predictions = await predict_each(model, instances, within)
    return answer(model.name, b'{"predictions":[%b]}' % b",".join(predictions))
