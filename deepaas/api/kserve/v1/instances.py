"""Instances of one request are predicted for at once, as far as the model has workers for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from deepaas.api.kserve.bodies import whole
from deepaas.exceptions import InvalidArguments, MalformedRequest, Timeout
from deepaas.serving.answers import Inferred
from deepaas.serving.encoding import to_json
from deepaas.serving.served import ServedModel
from deepaas.tensors.instances import InstanceCall
from deepaas.tensors.values import read_document


def split(body: bytes) -> list[bytes]:
    """Return the instances of a request, each as JSON.

    Args:
        body: the request.

    Raises:
        MalformedRequest: it has none.
    """
    document = read_document(body)
    if not isinstance(document, dict):
        raise MalformedRequest("the request must be an object with a list of 'instances'")
    instances = document.get("instances")
    if not isinstance(instances, list):
        raise MalformedRequest("the request needs a list of 'instances'")
    return [to_json(one) for one in instances]


async def predict_each(
    model: ServedModel, instances: Sequence[bytes], within: float | None
) -> list[bytes]:
    """Return the prediction for each instance, as JSON.

    Args:
        model: the model.
        instances: each as JSON.
        within: seconds that all of them may take together; None for as long as the model is given.

    Raises:
        MalformedRequest: one of them cannot be read, or does not fit; says which.
        DeepaasError: see ``ServedModel.infer``.
    """
    loop = asyncio.get_running_loop()
    deadline = None if within is None else loop.time() + within
    answers = [b""] * len(instances)

    async def work(waiting: Iterator[tuple[int, bytes]]) -> None:
        for place, instance in waiting:
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                raise Timeout(f"model {model.name!r} did not answer within {within:g} s")
            answers[place] = await _predict(model, place, instance, left)

    waiting = iter(enumerate(instances))
    at_once = min(len(instances), model.load.window)
    if at_once <= 1:
        await work(waiting)
        return answers
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work(waiting))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return answers


async def _predict(model: ServedModel, place: int, instance: bytes, within: float | None) -> bytes:
    try:
        answer, _ = await model.infer(InstanceCall(instance), within=within)
    except (InvalidArguments, MalformedRequest) as error:
        raise MalformedRequest(f"instance {place}: {error}") from None
    assert isinstance(answer, Inferred)  # noqa: S101 - it was not asked for item by item
    return await whole(answer)
