"""Requests as no client would send them."""

from __future__ import annotations

import asyncio

import aiohttp
from multidict import CIMultiDict

from tests.conftest import url_of


async def send(client: aiohttp.ClientSession, *lines: str) -> tuple[int, CIMultiDict[str], bytes]:
    """Send a request byte by byte as it is written; return status, headers and body.

    Args:
        client: a session of the fixture ``serve``, whose server is asked.
        lines: the head's lines, from the request line on, without the header ``Connection``.
    """
    host, port = url_of(client).removeprefix("http://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = "\r\n".join((*lines, "Connection: close", "", ""))
    writer.write(head.encode(errors="surrogateescape"))
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    said, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = said.decode("latin-1").split("\r\n")
    told = CIMultiDict(tuple(line.split(": ", 1)) for line in headers)
    return int(status.split()[1]), told, body


async def status_of(client: aiohttp.ClientSession, *lines: str) -> int:
    """Send a request; return the status of its answer alone. See ``send``."""
    return (await send(client, *lines))[0]
