"""A server in operation: started, checked, paused while others are measured, and stopped."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import Unavailable, ensure, last_line
from measure import ProcessTree, send
from servers.base import Server
from wire import exchange, free_port
from workloads import Workload

START_SECONDS = 60.0
STOP_SECONDS = 8.0
CONNECT_SECONDS = 0.002
# Threads of a library for linear algebra gain nothing on the one core that a server has.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
RETRY_SECONDS = 0.05  # refusing a request costs a starting server time


@dataclass(frozen=True)
class Site:
    """Where servers are installed and run.

    Attributes:
        folder: of the virtual environments and the servers' logs.
        core: the processor core that servers are pinned to; None lets them use all.
    """

    folder: Path
    core: int | None = None

    def cores(self) -> set[int]:
        return set(range(os.cpu_count() or 1)) if self.core is None else {self.core}


@dataclass(frozen=True)
class Running:
    """A server that has answered its workload correctly.

    Attributes:
        server: which one.
        workload: what it serves.
        port: where it listens.
        request: the workload's request, encoded.
        tree: its processes.
        start_seconds: from the start of its command to its first right answer.
    """

    server: Server
    workload: Workload
    port: int
    request: bytes
    tree: ProcessTree
    start_seconds: float

    def pause(self) -> None:
        """Stop all its processes, so that it takes no time from a server being measured."""
        self.tree.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.tree.signal(signal.SIGCONT)


@contextmanager
def running(server: Server, workload: Workload, site: Site, workers: int = 1) -> Iterator[Running]:
    """Run a server for the time of a ``with`` block.

    Raises:
        Unavailable: it cannot be installed, does not start, or answers wrongly.
    """
    binaries = ensure(server, site.folder)
    port = free_port()
    launch = server.launch(binaries, workload, port, workers)
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    log = site.folder / f"{server.name}-{workload.name}.log"
    with ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
        output = stack.enter_context(log.open("w"))
        begun = time.perf_counter()
        process = subprocess.Popen(
            launch.command,
            cwd=scratch,
            env={**os.environ, **ONE_THREAD, "PATH": path, **launch.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, site.cores()),
        )
        tree = ProcessTree(process.pid)
        stack.callback(stop, process, tree)
        request = server.request(workload).encode()
        wait_for_answer(process, server, workload, port, request, log)
        seconds = time.perf_counter() - begun
        yield Running(server, workload, port, request, tree, seconds)


def wait_for_answer(
    process: "subprocess.Popen[bytes]",
    server: Server,
    workload: Workload,
    port: int,
    request: bytes,
    log: Path,
) -> None:
    """Ask until the first answer with status 200, and check that it is right.

    Raises:
        Unavailable: the process ended, took too long, or gave a wrong answer.
    """
    deadline = time.monotonic() + START_SECONDS
    heard = "no connection"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable(f"ended with status {process.returncode}: {last_line(log)}")
        try:
            answer = exchange(port, request, timeout=START_SECONDS)
        except ConnectionRefusedError:
            time.sleep(CONNECT_SECONDS)
        except OSError as error:
            heard = str(error)
            time.sleep(RETRY_SECONDS)
        else:
            if answer.status == 200:
                result = server.result(workload, answer.body)
                if not workload.accepts(result):
                    raise Unavailable(f"wrong answer to {workload.name}: {result!r:.200}")
                return
            heard = f"status {answer.status}: {answer.body!r:.200}"
            time.sleep(RETRY_SECONDS)
    raise Unavailable(f"no answer in {START_SECONDS:.0f} s ({heard}); {last_line(log)}")


def stop(process: "subprocess.Popen[bytes]", tree: ProcessTree) -> None:
    """End a server: asked first, and killed with all its children if it stays."""
    members = tree.processes()
    send(members, signal.SIGCONT)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        name = Path(process.args[0]).name if isinstance(process.args, list) else process.args
        print(f"{name} did not end in {STOP_SECONDS:.0f} s and is killed", file=sys.stderr)
    members += tree.processes()
    send(members, signal.SIGKILL)
    process.wait()
