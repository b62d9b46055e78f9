"""Imports the commands, then forks a process for each that it is asked for.

``python forking.py FD``: to import takes a hundred times as long as to fork. What is forked runs
its module as ``python -m`` does, and ends as the interpreter ends.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import tempfile
from typing import Any

COMMANDS = ("run", "cli", "check", "init", "token")
# What they import later on.
LATER = ("deepaas.trainings.following", "deepaas.trainings.opening", "aiosqlite", "alembic.command")
# More than a command line and an environment take.
MOST = 1024 * 1024


def load() -> None:
    """Import all that commands need, but leave themselves to be run."""
    modules = [f"deepaas.cmd.{command}" for command in COMMANDS]
    for module in (*modules, *LATER):
        importlib.import_module(module)
    for module in modules:
        del sys.modules[module]
    gc.freeze()


def serve(asked: socket.socket) -> str:
    """Fork until nobody asks any more; return, in each child, which module to run."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # It is for the commands, whose processes are in the same group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lives: dict[int, socket.socket] = {}
    while True:
        readable, _, _ = select.select([asked, woken], [], [])
        if woken in readable:
            os.read(woken, 4096)
            _bury(lives)
        if asked in readable:
            message, files = _receive(asked)
            if not message:
                sys.exit()
            life = socket.socket(fileno=files[0])
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for end in (asked, life, *lives.values()):
                    end.close()
                os.close(woken)
                os.close(wake)
                return _become(json.loads(message), files[1:])
            for file in files[1:]:
                os.close(file)
            life.send(str(pid).encode())
            lives[pid] = life


def _receive(asked: socket.socket) -> tuple[bytes, list[int]]:
    files = array.array("i")
    message, ancillary, _, _ = asked.recvmsg(MOST, socket.CMSG_LEN(3 * files.itemsize))
    for _, _, data in ancillary:
        files.frombytes(data)
    return message, list(files)


def _bury(lives: dict[int, socket.socket]) -> None:
    """Tell how processes have ended."""
    while lives:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            break
        with lives.pop(pid) as life:
            try:
                life.send(str(os.waitstatus_to_exitcode(status)).encode())
            except OSError:
                continue  # Nobody wants to know.


def _become(given: dict[str, Any], files: list[int]) -> str:
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(given["folder"])
    os.environ.clear()
    os.environ.update(given["environment"])
    tempfile.tempdir = None
    named = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [os.getcwd(), *named]
    sys.argv[1:] = given["argv"]
    return str(given["module"])


if __name__ == "__main__":
    load()
    with socket.socket(fileno=int(sys.argv[1])) as server:
        module = serve(server)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
