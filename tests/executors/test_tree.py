"""What ends a worker's processes where its keeper cannot."""

import os
import sys

import psutil

from deepaas.executors.tree import MARK, kill_tree
from tests.executors.jobs import SLEEPER


def child(**environment) -> psutil.Popen:
    """Start a process in a session of its own."""
    return psutil.Popen([sys.executable, "-c", SLEEPER], start_new_session=True, env=environment)


def test_those_with_the_mark_are_killed_and_no_others():
    with child(**{MARK: "one"}) as ours, child(**{MARK: "another"}) as other, child() as bare:
        assert kill_tree(os.getpid(), "one", reaped=True) == {ours.pid}
        assert ours.wait() != 0
        for one in (other, bare):
            assert one.poll() is None
            one.kill()


def test_one_that_is_just_becoming_another_program_is_killed_too(monkeypatch):
    environ, looks = psutil.Process.environ, []

    def shown(process):
        if process.pid == ours.pid and not looks:
            # As the kernel shows it for that moment.
            looks.append(process)
            return {}
        return environ(process)

    with child(**{MARK: "one"}) as ours:
        monkeypatch.setattr(psutil.Process, "environ", shown)
        assert kill_tree(os.getpid(), "one", reaped=True) == {ours.pid}
    assert looks
