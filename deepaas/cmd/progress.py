"""How a training gets on, for a person who waits for it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, TextIO

from tqdm import tqdm

from deepaas.trainings.events import Event, Kind

# Without a terminal a line is printed when so much more is done.
NEWSWORTHY = 0.01


class Progress:
    """A bar with the newest metrics on a terminal, lines elsewhere.

    Args:
        stream: where it is shown.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._bar: Any = None
        self._metrics: dict[str, float | None] = {}
        self._told = -1.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, event: Event) -> None:
        """Show what has happened."""
        if event.kind is Kind.METRIC:
            self._metrics |= event.value["values"]
            if self._bar is not None:
                self._bar.set_postfix_str(self._words())
            elif not self._stream.isatty():
                step = event.value["step"]
                self._line(f"{'' if step is None else f'step {step}: '}{self._words()}")
        elif event.kind is Kind.PROGRESS:
            self._progress(event.value)

    def _progress(self, progress: dict[str, Any]) -> None:
        step, total = progress["step"], progress["total"]
        if self._stream.isatty():
            if self._bar is None:
                self._bar = tqdm(total=total, unit="step", file=self._stream, leave=True)
                self._bar.set_postfix_str(self._words())
            self._bar.n = step
            self._bar.refresh()
            return
        fraction = progress.get("fraction")
        if fraction is not None and abs(fraction - self._told) < NEWSWORTHY:
            return
        self._told = -1.0 if fraction is None else fraction
        left = f", {progress['eta']:.0f} s left" if progress.get("eta") else ""
        self._line(f"step {step}{f' of {total}' if total else ''}{left}")

    def _line(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def _words(self) -> str:
        return ", ".join(
            f"{name} {value:.4g}" for name, value in self._metrics.items() if value is not None
        )
