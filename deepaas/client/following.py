"""Following a training to its end, over connections that break and servers that start again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence

from deepaas.client.connection import Connection
from deepaas.client.errors import ClientError, ServerUnreachable
from deepaas.client.events import Event, StatusEvent, is_final, parse

EVENTS = "text/event-stream"
# The server says that it is still there every 15 seconds.
SILENCE = 60.0
# Seconds until a server that is gone is tried again.
FIRST_PAUSE, LAST_PAUSE = 0.1, 5.0
# What a proxy answers, or a server that shuts down.
PASSING = (502, 503, 504)
# Who knows this event already is told nothing but the end; it is the last that servers take.
ONLY_THE_END = 999_999_999


async def follow(
    connection: Connection, path: Sequence[str], after: int, patience: float
) -> AsyncGenerator[Event, None]:
    """Give the events of a training, each once and in their order, until it has ended.

    Args:
        connection: to its server.
        path: of its events.
        after: the number of the last event that is known already.
        patience: seconds for which a server that is gone is waited for.

    Raises:
        ClientError: the server cannot be reached in the first place, or for too long later.
    """
    status = ""
    pause = FIRST_PAUSE
    answered: float | None = None
    while True:
        try:
            async with connection.request(
                "GET", *path, headers={"Last-Event-ID": str(after)}, silence=SILENCE
            ) as response:
                answered = time.monotonic()
                if response.status == 204:
                    return
                if response.content_type != EVENTS:
                    raise ClientError(f"{response.url.with_user(None)} answers no events")
                async for event in parse(response.content.iter_any()):
                    after, pause = event.id, FIRST_PAUSE
                    if isinstance(event, StatusEvent):
                        status = event.status
                    yield event
                    answered = time.monotonic()
            # A server that stops ends the stream as well.
            if is_final(status or "running"):
                return
        except ClientError as error:
            passing = isinstance(error, ServerUnreachable) or error.status in PASSING
            if not passing or answered is None or time.monotonic() - answered > patience:
                raise
        await asyncio.sleep(pause)
        pause = min(2 * pause, LAST_PAUSE)
