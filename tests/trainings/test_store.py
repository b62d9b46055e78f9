"""Where trainings are kept: the same on every database."""

import asyncio
import dataclasses
import os
import subprocess
import sys
import time

import pytest

from deepaas.exceptions import UnknownTraining
from deepaas.trainings.events import Event, Kind
from deepaas.trainings.record import Status, Training
from deepaas.trainings.servers import MISSED, ServerIdentity
from deepaas.trainings.store import Store


@pytest.fixture
def store(database):
    return Store(database)


def event(seq, kind=Kind.METRIC, data=b"{}"):
    return Event(seq, kind, data)


async def test_a_training_is_kept_as_it_is(store):
    training = Training(
        "a",
        b'{"text":"gr\xc3\xb6\xc3\x9fer \\u0000"}',
        sent=b'{"large": 123456789012345678901234567890}',
        files=b'{"data":[]}',
        caller="127.0.0.1",
        version="1.0",
        server="f" * 32,
    )
    await store.add(training)
    assert await store.get("a", training.identifier) == training
    training.status, training.started, training.finished = Status.DONE, 1.25, 2.5
    training.output, training.progress, training.metrics = b"[1]", b"{}", b'{"loss":null}'
    training.message, training.resumed = "it went well", 1.0
    await store.save(training)
    assert await store.get("a", training.identifier) == training


async def test_null_characters_in_a_message_harm_nobody(store):
    training = Training("a", message="a\0b")
    await store.add(training)
    assert "\0" not in (await store.get("a", training.identifier)).message


async def test_trainings_of_a_model_are_listed_oldest_first(store):
    first, other, second = (Training(model) for model in ("a", "b", "a"))
    for training in (first, other, second):
        await store.add(training)
    assert await store.of_model("a") == [first, second]
    assert await store.of_model("c") == []


async def test_a_training_is_found_under_its_own_model_only(store):
    training = Training("a")
    await store.add(training)
    for model, identifier in (("b", training.identifier), ("a", "f" * 32)):
        with pytest.raises(UnknownTraining, match=f"model '{model}' has no training"):
            await store.get(model, identifier)


async def test_a_removed_training_is_forgotten_with_its_events_and_stays_so(store):
    training = Training("a")
    await store.add(training)
    await store.save(training, [event(1)])
    await store.remove(training.identifier)
    await store.remove(training.identifier)
    await store.save(training, [event(2)])
    assert await store.of_model("a") == []
    assert await store.events(training.identifier) == []


async def test_events_come_in_order_from_where_one_was(store):
    training, other = Training("a"), Training("a")
    for one in (training, other):
        await store.add(one)
        await store.save(one, [event(1), event(2, Kind.LOG), event(3, data=b'{"a":"\\u0000"}')])
    await store.save(training, [event(4, Kind.LOG)])
    seen = await store.events(training.identifier)
    assert [one.seq for one in seen] == [1, 2, 3, 4]
    assert seen[2].value == {"a": "\0"}
    assert [one.seq for one in await store.events(training.identifier, after=2)] == [3, 4]
    assert [one.seq for one in await store.events(training.identifier, limit=3)] == [1, 2, 3]
    logs = await store.events(training.identifier, kinds=(Kind.LOG,))
    assert [one.seq for one in logs] == [2, 4]
    assert await store.last_event(training.identifier) == 4
    assert await store.last_event("f" * 32) == 0


async def test_an_event_that_comes_twice_is_kept_once(store):
    training = Training("a")
    await store.add(training)
    await store.save(training, [event(1), event(2)])
    await store.save(training, [event(2), event(3)])
    assert [one.seq for one in await store.events(training.identifier)] == [1, 2, 3]


async def test_old_output_is_forgotten_but_nothing_else(store):
    training = Training("a")
    await store.add(training)
    await store.save(training, [event(1, Kind.LOG), event(2), event(3, Kind.LOG)])
    await store.save(training, [event(4, Kind.LOG)], forget_log_to=3)
    assert [one.seq for one in await store.events(training.identifier)] == [2, 4]


async def test_a_training_is_claimed_by_one_alone(store):
    training = Training("a", status=Status.ERROR)
    await store.add(training)
    training.server, training.resumed = "1" * 32, 2.0
    assert sorted(await asyncio.gather(*(store.claim(training) for _ in range(3)))) == [
        False,
        False,
        True,
    ]
    kept = await store.get("a", training.identifier)
    assert (kept.status, kept.server, kept.resumed) == (Status.QUEUED, "1" * 32, 2.0)
    done = Training("a", status=Status.DONE)
    await store.add(done)
    assert not await store.claim(done)


async def test_finished_trainings_are_told_oldest_first(store):
    for number, status in enumerate(Status):
        await store.add(Training("a", status=status, finished=float(number)))
    assert [ended for _, ended in await store.finished("a")] == [2.0, 3.0, 4.0, 5.0]


async def test_the_last_promotion_counts(store):
    assert await store.promoted("a") is None
    for training in ("1" * 32, "2" * 32):
        await store.promote("a", training)
    assert await store.promoted("a") == "2" * 32
    assert await store.promoted("b") is None
    await store.promote("a", None)
    assert await store.promoted("a") is None


async def test_another_server_is_asked_to_cancel_what_it_runs(store):
    training = Training("a", server="1" * 32, status=Status.RUNNING)
    await store.add(training)
    await store.request_cancel(training.identifier)
    assert await store.cancel_requests("2" * 32) == []
    assert await store.cancel_requests("1" * 32) == [training.identifier]
    training.status = Status.CANCELLED
    await store.save(training)
    assert await store.cancel_requests("1" * 32) == []


def ended_server():
    """Return the identity that a process had which has ended."""
    me = ServerIdentity.of_this_process()
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return dataclasses.replace(me, identifier="e" * 32, pid=process.pid)


async def test_trainings_of_a_server_that_is_gone_are_interrupted(store):
    gone, here = ended_server(), ServerIdentity.of_this_process()
    for server in (gone, here):
        await store.show_up(server)
    theirs = [
        Training("a", server=gone.identifier, status=status)
        for status in (Status.RUNNING, Status.QUEUED, Status.DONE)
    ]
    ours = Training("a", server=here.identifier, status=Status.RUNNING)
    for training in (*theirs, ours):
        await store.add(training)
    await store.save(theirs[0], [event(1)])
    found = await store.interrupt_orphans(here)
    assert sorted(found) == sorted(one.identifier for one in theirs[:2])
    listed = [one.status for one in await store.of_model("a")]
    assert listed == [Status.INTERRUPTED, Status.INTERRUPTED, Status.DONE, Status.RUNNING]
    told = await store.events(theirs[0].identifier)
    assert [(one.seq, one.kind) for one in told] == [(1, Kind.METRIC), (2, Kind.STATUS)]
    assert told[1].value == {"status": "interrupted"}
    assert await store.interrupt_orphans(here) == []


async def test_a_server_that_signs_off_leaves_nothing_running(store):
    here = ServerIdentity.of_this_process()
    await store.show_up(here)
    training = Training("a", server=here.identifier, status=Status.RUNNING)
    await store.add(training)
    await store.sign_off(here)
    assert (await store.get("a", training.identifier)).status is Status.INTERRUPTED


async def test_several_servers_write_at_once(store, database_url):
    from deepaas.database.engine import Database

    other = Database(database_url)
    await other.open()
    training = Training("a")
    await store.add(training)
    try:
        await asyncio.gather(
            *(one.add(Training("a")) for _ in range(20) for one in (store, Store(other)))
        )
    finally:
        await other.close()
    assert len(await store.of_model("a")) == 41


def test_a_server_of_another_machine_is_missed_after_a_while():
    here = ServerIdentity.of_this_process()
    other = dataclasses.replace(here, host="another", pid=1)
    assert not here.misses(other, time.time())
    assert here.misses(other, time.time() - MISSED - 1)


def test_a_process_that_has_the_number_of_a_server_that_is_gone_is_no_server():
    here = ServerIdentity.of_this_process()
    assert not here.misses(here, 0)
    assert here.misses(dataclasses.replace(here, started=here.started - 60), time.time())


def test_a_server_that_nobody_has_reaped_is_gone():
    here = ServerIdentity.of_this_process()
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert here.misses(dataclasses.replace(here, pid=child, started=time.time()), time.time())
    os.waitpid(child, 0)
