"""An answer that is sent while the model makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from deepaas.executors.base import Stream
from deepaas.serving.items import Begun, Empty


class AnswerStream:
    """The items of an answer, encoded; whoever has it iterates to its end or closes it.

    Args:
        content_type: its MIME type.
        first: the first item; None if there is none.
        rest: those after it.
        failure: makes an error of what a job has come to, or of what has been raised.
        over: called once when it has come to its end, or nobody wants more of it.
    """

    def __init__(
        self,
        content_type: str,
        first: bytes | None,
        rest: Stream | None,
        failure: Callable[[Any], Exception],
        over: Callable[[], None],
    ) -> None:
        self.content_type = content_type
        self._first = first
        self._rest = rest
        self._failure = failure
        self._over: Callable[[], None] | None = over

    @classmethod
    async def of(
        cls,
        outcome: Stream | Empty,
        failure: Callable[[Any], Exception],
        over: Callable[[], None],
    ) -> Self:
        """Return an answer that streams.

        Args:
            outcome: what a job has come to that streams.
            failure: see the class.
            over: likewise.
        """
        if isinstance(outcome, Empty):
            return cls(outcome.content_type, None, None, failure, over)
        begun: Begun = await anext(outcome)
        return cls(begun.content_type, begun.data, outcome, failure, over)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Return the next item; the one before counts as sent.

        Raises:
            StopAsyncIteration: there is none.
            DeepaasError: see ``ServedModel.predict``.
        """
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            if self._rest is None:
                raise StopAsyncIteration
            item: bytes = await anext(self._rest)
            return item
        except StopAsyncIteration:
            self._end()
            if self._rest is not None and self._rest.result is not None:
                raise self._failure(self._rest.result) from None
            raise
        except Exception as error:
            self._end()
            raise self._failure(error) from None

    async def aclose(self) -> None:
        """Let the model stop where it has not come to its end."""
        self._end()
        if self._rest is not None:
            await self._rest.aclose()

    def _end(self) -> None:
        if self._over is not None:
            over, self._over = self._over, None
            over()
