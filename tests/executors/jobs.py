"""What workers are asked to do in the tests of executors."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from deepaas.executors import reporting
from deepaas.executors.base import Last
from tests.pipes import tell, wait

SLEEPER = "import time; time.sleep(600)"


class Ready:
    """A state that remembers where it was made."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.calls = 0


def no_setup() -> None:
    pass


class Failing:
    """A set-up that raises."""

    def __call__(self):
        raise LookupError("no weights here")


class Exiting:
    """A set-up that ends its process."""

    def __call__(self):
        os._exit(3)


class Leaving:
    """A set-up that calls ``sys.exit``."""

    def __call__(self):
        sys.exit("enough")


class FailingFrom:
    """A set-up that works so many times and raises from then on; counts in a file."""

    def __init__(self, path: Path, works: int) -> None:
        self.path = path
        self.works = works

    def __call__(self):
        with self.path.open("a") as file:
            file.write(".")
        if self.path.stat().st_size > self.works:
            raise LookupError("no weights any more")


class FailingWhile:
    """A set-up that raises as long as a file exists."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self):
        if self.path.exists():
            raise LookupError("no weights now")


class KilledWhile(FailingWhile):
    """A set-up whose process is killed as long as a file exists."""

    def __call__(self):
        if self.path.exists():
            os.kill(os.getpid(), signal.SIGKILL)


class Meeting:
    """A set-up that tells that it runs, and waits."""

    def __init__(self, told: str, gate: str) -> None:
        self.told = told
        self.gate = gate

    def __call__(self):
        meet(None, self.told, self.gate)


class DyingAlways:
    """A set-up after which the process soon ends by itself; tells when it is run."""

    def __init__(self, told: str) -> None:
        self.told = told

    def __call__(self):
        tell(self.told, os.getpid())
        threading.Timer(0.05, os._exit, (7,)).start()


class DyingSoon:
    """A set-up after which the first process ends by itself, without any job."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self):
        with contextlib.suppress(FileExistsError):
            self.path.touch(exist_ok=False)
            threading.Timer(0.1, os._exit, (1,)).start()


class Awkward(Exception):
    """An exception that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("awkward")
        self.lock = threading.Lock()


class Demanding(Exception):
    """An exception that pickles, but cannot be made again."""

    def __init__(self, one, two) -> None:
        super().__init__(f"{one} and {two}")


class Mute(Exception):
    """An exception without a text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


class Unreadable:
    """A result that pickles, but cannot be made again."""

    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise RuntimeError("this cannot be read")


def add(state, one, two):
    return one + two


def count(state):
    state.calls += 1
    return state.pid, state.calls


def echo(state, value):
    return value


def say(state, words):
    print(words)


def narrate(state, steps, number):
    """Report each step."""
    for step in range(steps):
        reporting.report((number, step))
    return number


def give(state, count, size=0):
    """Stream so many items; the result is how many."""
    for number in range(count):
        yield number, b"x" * size
    yield Last(count)


async def give_asynchronously(state, count, size=0):
    for number in range(count):
        await asyncio.sleep(0)
        yield number, b"x" * size
    yield Last(count)


async def give_later(state, count, size=0):
    """The same from a coroutine function that returns a generator."""
    await asyncio.sleep(0)
    return give(state, count, size)


def give_and_tell(state, told, count):
    """Tell what has been given, item by item, and that this ends."""
    try:
        for number in range(count):
            tell(told, number)
            yield number
    finally:
        tell(told, "ended")


def give_whatever_comes(state, told):
    """Take every exception for one of one's own."""
    number = 0
    while True:
        try:
            number += 1
            if number == 1:
                tell(told, os.getpid())
            yield number
        except BaseException:
            number += 1


async def give_whatever_comes_later(state, told):
    """The same in an event loop."""
    number = 0
    while True:
        try:
            number += 1
            if number == 1:
                tell(told, os.getpid())
            yield number
            await asyncio.sleep(0)
        except BaseException:
            number += 1


def give_and_fail(state, count, error):
    yield from range(count)
    raise error


def give_and_meet(state, told, gate):
    """Give a first item, tell who one is, and wait before the second."""
    yield 0
    tell(told, os.getpid())
    wait(gate)
    yield 1


async def add_later(state, one, two):
    await asyncio.sleep(0)
    return one + two


async def narrate_beside_others(state, steps, number):
    """Report each step, and let others run in between."""
    for step in range(steps):
        reporting.report((number, step))
        await asyncio.sleep(0)
    return number


async def hang(state, told):
    """Tell that this hangs, and that it is cancelled."""
    tell(told, os.getpid())
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        tell(told, "cancelled")
        raise


def persist(state, told):
    """Take no notice of interruptions, but for telling of them."""
    tell(told, os.getpid())
    while True:
        try:
            time.sleep(600)
        except BaseException:
            tell(told, "interrupted")


async def persist_later(state, told):
    """The same in an event loop."""
    tell(told, os.getpid())
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            tell(told, "interrupted")


async def answer_after(state, told, gate):
    """Tell who one is, and wait without holding others up."""
    tell(told, os.getpid())
    await asyncio.to_thread(wait, gate)
    return os.getpid()


async def exit_later(state):
    await asyncio.sleep(0)
    os._exit(3)


class ReadyLater:
    """A set-up that is a coroutine function."""

    async def __call__(self):
        await asyncio.sleep(0)
        return asyncio.get_running_loop()


async def in_the_loop_of(state):
    """Tell whether this runs where the state was made."""
    return state is asyncio.get_running_loop()


def fork_and_report(state):
    """Report from a child, and then from the job itself; return the child's exit code."""
    child = os.fork()
    if not child:
        reporting.report("child")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    reporting.report("parent")
    return os.waitstatus_to_exitcode(status)


def fork(state, child_ends):
    """Fork a child that comes back from here as well; return its exit code."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    if child_ends == "leaving":
        sys.exit(7)
    if child_ends == "raising":
        raise ValueError("of the child")
    return "the child's"


def leave_an_orphan(state, told):
    """Start a process that ends as an orphan, and tells who it was."""
    child = os.fork()
    if not child:
        if not os.fork():
            tell(told, os.getpid())
        os._exit(0)
    os.waitpid(child, 0)


def scribble(state, first, last):
    """Write to what files there may be."""
    for fd in range(first, last):
        with contextlib.suppress(OSError):
            os.write(fd, b"hello world hello world\n")
    return "done"


def keep_the_interpreter(state, told):
    """Never let another thread run."""
    tell(told, os.getpid())
    sum(range(10**12))


def stop(state, told):
    """Stop the process."""
    tell(told, os.getpid())
    os.kill(os.getpid(), signal.SIGSTOP)


def have_a_detached_child(state, told):
    """Start a child in a session of its own."""
    child = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    tell(told, child.pid)
    child.wait()


def clear_the_environment(state, told):
    """Forget the environment, and start a child in a session of its own."""
    os.environ.clear()
    child = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    tell(told, child.pid)
    child.wait()


def sleep(state, told):
    """Tell who one is and sleep for long."""
    tell(told, os.getpid())
    time.sleep(600)


def pid(state):
    return os.getpid()


def fail(state, error):
    raise error


def fail_awkwardly(state):
    raise Awkward


def fail_demandingly(state):
    raise Demanding(1, 2)


def fail_mutely(state):
    raise Mute


def fail_long(state):
    raise ValueError("x" * 10_000_000)


def answer_a_lock(state):
    return threading.Lock()


def answer_unreadable(state):
    return Unreadable()


def leave(state):
    sys.exit(5)


def interrupt(state):
    raise KeyboardInterrupt


def end(state, code):
    os._exit(code)


def crash(state):
    ctypes.string_at(0)


def kill_oneself(state):
    os.kill(os.getpid(), signal.SIGKILL)


def hang_up(state):
    """Close all files, the connection to the parent included, and linger."""
    os.closerange(3, 1024)
    time.sleep(600)


def chat(state, megabytes):
    for _ in range(megabytes):
        print("x" * (1024 * 1024 - 1))
    print("the end", file=sys.stderr)
    return megabytes


def report(state, path):
    """Tell who one is and go on at once."""
    tell(path, os.getpid())


def meet(state, told, gate):
    """Tell who one is and wait."""
    tell(told, os.getpid())
    wait(gate)
    return os.getpid()


def meet_with(state, variable, told, gate):
    """Tell what an environment variable was when the process began, and wait."""
    born = Path("/proc/self/environ").read_text().split("\0")
    tell(told, dict(one.split("=", 1) for one in born if one)[variable])
    wait(gate)


def fill_memory(state, megabytes, told, gate):
    """Have a child take memory, and wait with it."""
    taken = b"x" * (megabytes * 2**20)
    child = os.fork()
    if not child:
        # Its own copy, not what it shares with its parent.
        taken = bytearray(taken)
        meet(state, told, gate)
        os._exit(0)
    del taken
    os.waitpid(child, 0)


def write_down(state, path, line):
    """Leave evidence of having run."""
    with open(path, "a") as file:
        file.write(f"{line}\n")
    return line


def meet_and_end(state, told, gate):
    """Tell who one is, wait, and end the process."""
    meet(state, told, gate)
    os._exit(1)


def raise_a_family(state, told, gate):
    """Start children and grandchildren of all kinds, tell who they are, and wait."""
    family = [
        subprocess.Popen([sys.executable, "-c", SLEEPER]).pid,
        subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True).pid,
        *_with_grandchild(new_session=False),
        *_with_grandchild(new_session=True),
        _forked(),
        _escaped(),
    ]
    tell(told, " ".join(map(str, family)))
    wait(gate)


def raise_a_family_and_end(state, told, gate):
    """The same, but end the process and leave the family alone."""
    raise_a_family(state, told, gate)
    os._exit(1)


def _with_grandchild(new_session):
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], "
        f"start_new_session={new_session})\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=new_session
    )
    return child.pid, int(child.stdout.readline())


def _forked():
    """Fork a child that holds all that its parent holds, the connection included."""
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    return child


def _escaped():
    """Start an orphan in a session of its own that knows nothing of the environment."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        if orphan := os.fork():
            os.write(writer, str(orphan).encode())
            os._exit(0)
        os.execve(sys.executable, [sys.executable, "-c", SLEEPER], {})  # noqa: S606
    os.waitpid(child, 0)
    return int(os.read(reader, 16))
