"""Watching trainings: what happens in them, what they print, measure and make."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web

from deepaas.api.answering import json_response
from deepaas.api.patience import patience
from deepaas.api.request_ids import begin
from deepaas.api.v2.train import model_of, switch, trainings_of, uuid_of
from deepaas.exceptions import MalformedRequest, UnknownArtifact
from deepaas.trainings.events import Event, Kind

# Seconds without an event after which a comment keeps proxies from closing the connection.
KEEP_ALIVE = 15.0


async def get_events(request: web.Request) -> web.StreamResponse:
    """Stream what happens in a training, as server-sent events (WHATWG HTML, section 9.2)."""
    service, model, uuid = trainings_of(request), model_of(request), uuid_of(request)
    after = _last_event(request)
    training = await service.get(model, uuid)
    if training.status.finished and not await service.has_news(uuid, after):
        # What tells a browser not to connect again.
        return web.Response(status=204)
    response = _stream("text/event-stream")
    if request.method == hdrs.METH_HEAD:
        return response
    await begin(request, response)
    with patience(request):
        async for event in _with_pauses(service.follow(model, uuid, after)):
            await response.write(b": still here\n\n" if event is None else _encoded(event))
        await response.write_eof()
    return response


async def get_log(request: web.Request) -> web.StreamResponse:
    """Answer what a training has printed and logged, as it comes if asked to."""
    service, model, uuid = trainings_of(request), model_of(request), uuid_of(request)
    follow = switch(request, "follow")
    await service.get(model, uuid)
    response = _stream("text/plain; charset=utf-8")
    if request.method == hdrs.METH_HEAD:
        # Whoever asks for the head alone takes what follows for the next answer.
        return response
    await begin(request, response)
    with patience(request):
        async for event in service.follow(model, uuid, kinds=(Kind.LOG,), forever=follow):
            await response.write(event.value["text"].encode())
        await response.write_eof()
    return response


async def get_training_metrics(request: web.Request) -> web.Response:
    """Answer all values of all metrics by name, oldest first."""
    service, model, uuid = trainings_of(request), model_of(request), uuid_of(request)
    await service.get(model, uuid)
    metrics: dict[str, dict[Any, dict[str, Any]]] = {}
    async for event in service.follow(model, uuid, kinds=(Kind.METRIC,), forever=False):
        said = event.value
        for name, value in said["values"].items():
            step = said["step"]
            # A step that was told again, after a resumption for instance, counts as it was last.
            key = event.seq if step is None else (step,)
            point = {"step": step, "value": value, "time": event.time}
            metrics.setdefault(name, {})[key] = point
    return json_response({name: list(points.values()) for name, points in metrics.items()})


async def list_artifacts(request: web.Request) -> web.Response:
    """Answer which files a training has made."""
    folder = await trainings_of(request).artifacts(model_of(request), uuid_of(request))
    return json_response({"artifacts": await asyncio.to_thread(_listed, folder)})


async def get_artifact(request: web.Request) -> web.StreamResponse:
    """Answer a file that a training has made."""
    folder = await trainings_of(request).artifacts(model_of(request), uuid_of(request))
    name = request.match_info["name"]
    path = await asyncio.to_thread(_inside, folder, name)
    if path is None:
        raise UnknownArtifact(f"training {uuid_of(request)} has made no file {name!r}")
    disposition = 'attachment; filename="artifact"' if not path.name.isascii() else "attachment"
    return web.FileResponse(path, headers={"Content-Disposition": disposition})


def _inside(folder: Path, name: str) -> Path | None:
    """Return the file of that name, unless it is somewhere else: links may lead anywhere."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):
        # Too long a name, or one with a null character.
        return None


def _listed(folder: Path) -> list[dict[str, Any]]:
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.is_symlink() or not path.is_file():
                continue
            stat = path.stat()
            relative = path.relative_to(folder).as_posix()
            found.append({"name": relative, "size": stat.st_size, "modified": stat.st_mtime})
    return sorted(found, key=lambda one: str(one["name"]))


def _stream(content_type: str) -> web.StreamResponse:
    # Proxies such as nginx hold back what they are not told to pass on.
    headers = {
        "Content-Type": content_type,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    return web.StreamResponse(headers=headers)


def _encoded(event: Event) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.kind.encode(), event.data)


async def _with_pauses(events: AsyncIterator[Event]) -> AsyncIterator[Event | None]:
    """Give events, and None where there is none for a while."""
    following = aiter(events)
    upcoming = asyncio.ensure_future(anext(following, None))
    try:
        while True:
            done, _ = await asyncio.wait((upcoming,), timeout=KEEP_ALIVE)
            if not done:
                yield None
                continue
            if (event := upcoming.result()) is None:
                return
            yield event
            upcoming = asyncio.ensure_future(anext(following, None))
    finally:
        upcoming.cancel()


def _last_event(request: web.Request) -> int:
    name = "Last-Event-ID"
    if not (text := request.headers.get(name)):
        name = "last_event_id"
        text = request.query.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise MalformedRequest(f"{name} must be the id of an event, a whole number, not {text!r}")
    return int(text)
