"""For whom work is done: the request, which all that runs for it can name."""

from __future__ import annotations

import contextlib
import itertools
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, ContextVar, copy_context
from typing import NamedTuple

# What a client may call its request; anything else could forge lines and headers.
IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")


class Call(NamedTuple):
    """For whom something is done.

    Args:
        request_id: of the request; those of several, with commas between them, where they share
            work; empty if nobody has asked.
        model: the model that was asked; empty for none.
        traces: the span that each of these requests is at, as in the header ``traceparent`` of W3C
            Trace Context; empty where nothing is traced.
    """

    request_id: str = ""
    model: str = ""
    traces: tuple[str, ...] = ()


NOBODY = Call()
_current: ContextVar[Call] = ContextVar("call", default=NOBODY)
# Threads do not inherit what is current. In a worker that runs one job after the other, all are
# those of the job.
_of_process: list[Call] = [NOBODY]


def current() -> Call:
    """Return for whom this is done; ``NOBODY`` if that is not known."""
    call = _current.get()
    return _of_process[-1] if call is NOBODY else call


def enter(call: Call) -> None:
    """Do all that follows in this context, such as that of a task, for somebody."""
    _current.set(call)


def enter_process(call: Call) -> None:
    """Do all that follows in this process for somebody, in whatever thread."""
    _of_process[-1] = call


@contextlib.contextmanager
def done_for(call: Call) -> Iterator[None]:
    """Do what is in a ``with`` block for somebody."""
    token = _current.set(call)
    try:
        yield
    finally:
        _current.reset(token)


def context_for(call: Call = NOBODY) -> Context:
    """Return a copy of the context in which something is done for somebody, or for nobody.

    A task that outlives the request in which it began, and serves others, belongs in one.
    """
    context = copy_context()
    context.run(_current.set, call)
    return context


def together(calls: Iterable[Call]) -> Call:
    """Return whom work is done for that several share."""
    first, *others = calls
    if not others:
        return first
    several = (first, *others)
    names = ",".join(filter(None, (call.request_id for call in several)))
    return Call(names, first.model, tuple(trace for call in several for trace in call.traces))


def identifier_source() -> Callable[[str | None], str]:
    """Return a function that returns the id that a client has given, or a new one.

    What is new begins with random digits, so that servers do not give the same.
    """
    prefix, numbers = secrets.token_hex(6), itertools.count(1)
    fits = IDENTIFIER.fullmatch

    def identifier(given: str | None) -> str:
        return given if given and fits(given) else f"{prefix}-{next(numbers):x}"

    return identifier
