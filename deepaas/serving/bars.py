"""Progress bars of tqdm tell how far a training has got, without any code for it."""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from deepaas.current import CurrentTraining


@contextmanager
def reported_bars(training: CurrentTraining) -> Iterator[None]:
    """Report what the outermost bar shows, as long as the training reports nothing itself.

    A bar that is shown on terminals only (``disable=None``) tells it unseen. Bars within others are
    seen on terminals; elsewhere, as in a log, just their last state is.

    Args:
        training: the one that this process runs.
    """
    from tqdm import std

    bars: Any = std.tqdm
    make, draw = bars.__init__, bars.display
    parameters = inspect.signature(make)

    def make_unseen(bar: Any, *args: Any, **kwargs: Any) -> None:
        given = parameters.bind(bar, *args, **kwargs)
        shown = given.arguments
        bar.unseen = shown.get("disable", False) is None and not _is_terminal(shown.get("file"))
        if bar.unseen:
            shown |= {"disable": False, "file": io.StringIO()}
        make(*given.args, **given.kwargs)

    def report(bar: Any, msg: str | None = None, pos: int | None = None) -> Any:
        with suppress(Exception):
            if bar.pos == 0 and bar.total:
                training.observe(bar.n, bar.total)
            inner = bar.pos if pos is None else pos
            if bar.unseen or (inner and not _is_terminal(bar.fp)):
                return True
        return draw(bar, msg, pos)

    bars.__init__, bars.display = make_unseen, report
    try:
        yield
    finally:
        bars.__init__, bars.display = make, draw


def _is_terminal(file: Any) -> bool:
    """Tell whether a bar's file, standard error if none is given, is a terminal as tqdm sees it."""
    asks = getattr(file or sys.stderr, "isatty", None)
    return asks is None or bool(asks())
