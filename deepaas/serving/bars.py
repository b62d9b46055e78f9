"""Progress bars of tqdm tell how far a training has got, without any code for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from deepaas.current import CurrentTraining


@contextmanager
def reported_bars(training: CurrentTraining) -> Iterator[None]:
    """Report what the outermost bar shows, as long as the training reports nothing itself.

    Args:
        training: the one that this process runs.
    """
    from tqdm import std

    bars: Any = std.tqdm
    original = bars.display

    def display(bar: Any, *args: Any, **kwargs: Any) -> Any:
        with suppress(Exception):
            if bar.pos == 0 and bar.total:
                training.observe(bar.n, bar.total)
        return original(bar, *args, **kwargs)

    bars.display = display
    try:
        yield
    finally:
        bars.display = original
