"""A line for each request."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.web_request import BaseRequest

from deepaas.api.forwarding import address_of
from deepaas.log import FIELDS, getLogger

LOG = getLogger("deepaas.access")


def log_access(
    remote: str, method: str, path: str, status: int | str, size: int, seconds: float
) -> None:
    """Log that a request was answered; the id of the request is in each line.

    Args:
        remote: address of who asked.
        method: of HTTP, or what another door calls its kinds of request.
        path: what was asked, without a query, which may hold what is not for logs.
        status: what was answered.
        size: bytes of the answer, its head included.
        seconds: from the request's head to the answer's end.
    """
    if not LOG.isEnabledFor(logging.INFO):
        return
    fields = {
        "remote": remote,
        "method": method,
        "path": path,
        "status": status,
        "bytes": size,
        "duration": round(seconds, 6),
    }
    # ``LOG.info`` would look for the line of code that called it, which takes a fourth of the time.
    record = LOG.makeRecord(
        *(LOG.name, logging.INFO, "", 0, "%s %s %s %s %d bytes %.1f ms"),
        (remote or "-", method, path, status, size, 1e3 * seconds),
        None,
        extra={FIELDS: fields},
    )
    LOG.handle(record)


class AccessLogger(AbstractAccessLogger):
    """Has aiohttp log requests by ``log_access``."""

    def log(self, request: BaseRequest, response: web.StreamResponse, time: float) -> None:
        """See ``AbstractAccessLogger``."""
        path = request.raw_path.partition("?")[0]
        log_access(
            *(address_of(request), request.method, path),
            *(response.status, response.body_length, time),
        )
