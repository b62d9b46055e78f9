"""The process of a server that a test has started."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading


def main() -> None:
    """Run ``deepaas-run`` until it is told to end, or the test is no more.

    The first argument is the search path for modules, as JSON: the server is to find the same ones
    as the test. Standard input is a pipe that the test holds.
    """
    sys.path[:] = json.loads(sys.argv.pop(1))
    from deepaas.cmd.run import main as run

    threading.Thread(target=_end_with_the_test, daemon=True).start()
    run()


def _end_with_the_test() -> None:
    """Wait for the end of the pipe, which comes even if the test is killed."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
