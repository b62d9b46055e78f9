"""Predictions for many inputs, with the model loaded once."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from tqdm import tqdm

from deepaas.cmd.errors import complain
from deepaas.cmd.inputs import Call, prepared
from deepaas.cmd.output import Results
from deepaas.cmd.results import json_value, write
from deepaas.exceptions import DeepaasError
from deepaas.files import Scratch, remove
from deepaas.serving.answers import Answer
from deepaas.serving.served import ServedModel
from deepaas.serving.streams import AnswerStream


class Streaming(NamedTuple):
    """A result that is still being made.

    Args:
        items: its items, as JSON.
        files: those of the call, which are there as long as that.
    """

    items: AnswerStream
    files: ExitStack


Outcome = tuple[Answer, str] | Streaming | DeepaasError


class Batch:
    """Runs calls, some at a time, and prints their results in order.

    Args:
        served: the model.
        scratch: where files are copied.
        jsonl: whether to print a line of JSON for each call, or one for people and scripts.
        target: file to write the result to, or folder for several results; None to print only.
        window: how many calls may be under way.
        results: where results are printed.
    """

    def __init__(
        self,
        served: ServedModel,
        scratch: Scratch,
        *,
        jsonl: bool = False,
        target: Path | None = None,
        window: int = 2,
        results: Results,
    ) -> None:
        self._served = served
        self._scratch = scratch
        self._jsonl = jsonl
        self._target = target
        self._window = window
        self._results = results
        self._names: dict[str, Path] = {}

    async def run(self, calls: Sequence[Call]) -> int:
        """Run all calls; return how many failed.

        Args:
            calls: in the order in which their results are to be printed.

        Raises:
            OSError: a result cannot be written.
        """
        failures = 0
        several = len(calls) > 1
        if several:
            self._names = distinct_names([call.label for call in calls])
        # disable=None shows the bar where standard error is a terminal.
        with tqdm(total=len(calls), unit="input", disable=None if several else True) as bar:
            async for call, outcome in self._in_order(calls):
                if isinstance(outcome, Streaming):
                    failures += not await self._print_items(call, outcome, several, bar)
                    bar.update()
                    continue
                failures += isinstance(outcome, DeepaasError)
                with bar.external_write_mode(file=self._results.out):
                    self._report(call, outcome, several)
                bar.update()
        return failures

    async def _in_order(self, calls: Sequence[Call]) -> AsyncIterator[tuple[Call, Outcome]]:
        under_way: deque[tuple[Call, asyncio.Task[Outcome]]] = deque()
        try:
            for call in calls:
                under_way.append((call, asyncio.create_task(self._ask(call))))
                if len(under_way) >= self._window:
                    first, task = under_way.popleft()
                    yield first, await task
            while under_way:
                first, task = under_way.popleft()
                yield first, await task
        finally:
            for _, task in under_way:
                task.cancel()

    async def _ask(self, call: Call) -> Outcome:
        arguments = self._served.predict_arguments
        # What is written to a file is written as a whole.
        item_by_item = self._jsonl and self._target is None
        with ExitStack() as files:
            try:
                ready = files.enter_context(prepared(arguments, call, self._scratch))
                answer, shown = await self._served.predict_shown(ready.arguments, item_by_item)
            except DeepaasError as error:
                return error
            if isinstance(answer, AnswerStream):
                return Streaming(answer, files.pop_all())
            return answer, shown

    async def _print_items(self, call: Call, streaming: Streaming, several: bool, bar: Any) -> bool:
        """Print a line for each item as it comes; return false if the model has failed."""
        with streaming.files:
            try:
                async with aclosing(streaming.items) as items:
                    async for item in items:
                        with bar.external_write_mode(file=self._results.out):
                            self._line({"input": call.label, "output": orjson.Fragment(item)})
            except DeepaasError as error:
                with bar.external_write_mode(file=self._results.out):
                    self._fail(call, error, several)
                return False
        return True

    def _fail(self, call: Call, error: DeepaasError, several: bool) -> None:
        where = f"{call.label}: " if several else ""
        complain("deepaas-cli", f"{where}{error}")
        if self._jsonl:
            self._line({"input": call.label, "error": str(error)})

    def _report(
        self, call: Call, outcome: tuple[Answer, str] | DeepaasError, several: bool
    ) -> None:
        if isinstance(outcome, DeepaasError):
            self._fail(call, outcome, several)
            return
        answer, shown = outcome
        written = self._write(call, answer, several)
        if not self._jsonl:
            self._results.line(f"return: {shown}")
        elif written is not None:
            self._line({"input": call.label, "written": str(written)})
        else:
            self._line({"input": call.label, "output": json_value(answer)})
        remove(answer.path)

    def _write(self, call: Call, answer: Answer, several: bool) -> Path | None:
        if self._target is None:
            return None
        target = self._target / self._names[call.label] if several else self._target
        return write(answer, target)

    def _line(self, value: dict[str, Any]) -> None:
        self._results.line(orjson.dumps(value).decode())


def distinct_names(labels: Sequence[str]) -> dict[str, Path]:
    """Return where the result of each input goes, none where another one goes.

    Args:
        labels: paths of the inputs.

    Returns:
        Base names by label where these differ, else paths below the folder that all have in common.
    """
    paths = [Path(os.path.abspath(label)) for label in labels]
    if len({path.name for path in paths}) == len(set(paths)):
        return {label: Path(path.name) for label, path in zip(labels, paths, strict=True)}
    root = os.path.commonpath([path.parent for path in paths])
    return {label: path.relative_to(root) for label, path in zip(labels, paths, strict=True)}
