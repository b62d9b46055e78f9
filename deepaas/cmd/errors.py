"""How commands end where something is wrong."""

from __future__ import annotations

import sys
from typing import NoReturn


def complain(prog: str, text: str) -> None:
    """Print one line of error.

    Args:
        prog: the command.
        text: what is wrong, and what would be right.
    """
    print(f"{prog}: error: {' '.join(text.splitlines())}", file=sys.stderr)


def end(prog: str, code: int, text: str) -> NoReturn:
    """Print one line of error, and end.

    Args:
        prog: the command.
        code: exit code, 1 or 2.
        text: what is wrong, and what would be right.

    Raises:
        SystemExit: always.
    """
    complain(prog, text)
    sys.exit(code)
