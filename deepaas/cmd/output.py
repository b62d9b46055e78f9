"""Standard output for results, shared with models that print."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Results:
    """Where the lines of results go.

    Args:
        out: the stream.
    """

    def __init__(self, out: TextIO) -> None:
        self.out = out

    def line(self, text: str) -> None:
        """Print a line of its own."""
        print(text, file=self.out, flush=True)


class _Shared(Results):
    """Results among what models print: a line begins where the last one has ended.

    What goes to file descriptor 1 comes back through a pipe and is passed on, so that it is known
    whether a line is open.

    Args:
        out: the real standard output.
        printed: the pipe.
    """

    def __init__(self, out: TextIO, printed: int) -> None:
        super().__init__(out)
        self._printed = printed
        self._open_line = False
        self._lock = threading.Lock()
        os.set_blocking(printed, False)
        threading.Thread(target=self._pass_on, daemon=True).start()

    def line(self, text: str) -> None:
        sys.stdout.flush()
        with self._lock:
            # All that was printed before this result is in the pipe by now.
            while self._pass_on_some():
                pass
            if self._open_line:
                self.out.write("\n")
                self._open_line = False
            super().line(text)

    def finish(self) -> None:
        """Pass on what is left; not what a process that the model has left behind may print."""
        with self._lock:
            while self._pass_on_some():
                pass

    def _pass_on(self) -> None:
        while True:
            with contextlib.suppress(BrokenPipeError), self._lock:
                if self._pass_on_some() is None:
                    return
            select.select([self._printed], [], [])

    def _pass_on_some(self) -> bool | None:
        """Pass on some output; false if there is none for now, None if there never will be."""
        try:
            data = os.read(self._printed, 64 * 1024)
        except BlockingIOError:
            return False
        if not data:
            return None
        self._open_line = not data.endswith(b"\n")
        self.out.buffer.write(data)
        self.out.buffer.flush()
        return True


@contextmanager
def results(jsonl: bool) -> Iterator[Results]:
    """Give the place for results.

    Args:
        jsonl: whether they are lines of JSON, between which nothing else may come: what models
            print then goes to standard error.
    """
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="backslashreplace") as out:
        try:
            if jsonl:
                os.dup2(2, 1)
                yield Results(out)
            elif out.isatty():
                # A debugger in the model wants the terminal itself.
                yield Results(out)
            else:
                printed, prints = os.pipe()
                os.dup2(prints, 1)
                os.close(prints)
                shared = _Shared(out, printed)
                try:
                    yield shared
                finally:
                    sys.stdout.flush()
                    os.dup2(out.fileno(), 1)
                    shared.finish()
        finally:
            sys.stdout.flush()
            os.dup2(out.fileno(), 1)
