"""What a training prints becomes lines of text."""

from __future__ import annotations

import codecs

# A line that is longer is cut in pieces.
LONGEST = 64 * 1024


class Lines:
    """Puts lines together out of bytes that are cut anywhere.

    Of what a progress bar writes over and over again, only the last state stays.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, data: bytes) -> str:
        """Return the lines that are complete by now, each with its end."""
        text = self._rest + self._decoder.decode(data)
        complete, end, self._rest = text.rpartition("\n")
        if len(self._rest) > LONGEST:
            self._rest = _last_state(self._rest)
        if len(self._rest) > LONGEST:
            complete, end, self._rest = complete + end + self._rest, "", ""
        return _last_states(complete) + end

    def finish(self) -> str:
        """Return what is left of the last line."""
        rest, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        return f"{_last_state(rest)}\n" if rest else ""


def _last_states(text: str) -> str:
    return "\n".join(map(_last_state, text.split("\n"))) if "\r" in text else text


def _last_state(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]
