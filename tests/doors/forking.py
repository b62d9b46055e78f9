"""Imports the command line and a model, then forks a process for each command that it is given."""

from __future__ import annotations

import json
import os
import sys
import tempfile

from deepaas.cmd.cli import main
from deepaas.model.loaded import load_models


def run(argv: list[str]) -> dict[str, object]:
    """Run a command in a process of its own."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            code: object = 1
            try:
                main(argv)
            except SystemExit as end:
                code = end.code
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code if isinstance(code, int) else 1)
        _, status = os.waitpid(child, 0)
        for file in (out, err):
            file.seek(0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read().decode(),
            "err": err.read().decode(),
        }


if __name__ == "__main__":
    load_models(sys.argv[1:2])
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
