"""Workers of all models share a limit of memory."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from deepaas.executors.base import State
from deepaas.executors.local import LocalExecutor
from deepaas.serving.memory import MemoryLimit, memory_of
from deepaas.serving.on_demand import OnDemand
from tests.executors import jobs

MIB = 2**20


@pytest.fixture
async def three():
    """Three executors that were used one after the other."""
    async with AsyncExitStack() as stack:
        executors = []
        for name in "abc":
            executor = OnDemand(name, lambda: LocalExecutor(jobs.no_setup))
            stack.push_async_callback(executor.close)
            await executor.run(jobs.add, 1, 2)
            executors.append(executor)
        yield executors


def taken(executors) -> int:
    return sum(memory_of([pid for one in executors for pid in one.processes]).values())


def loaded(executors) -> str:
    return "".join(
        name
        for name, one in zip("abc", executors, strict=True)
        if one.condition.state is State.READY
    )


async def test_nothing_is_unloaded_below_the_limit(three):
    await MemoryLimit(2 * taken(three)).check(three)
    assert loaded(three) == "abc"


async def test_what_was_not_used_for_longest_is_unloaded_and_no_more_than_has_to_be(three):
    first, second, third = three
    await first.run(jobs.add, 1, 2)
    await MemoryLimit(taken(three) - MIB).check(three)
    assert loaded(three) == "ac"
    await MemoryLimit(taken(three) - MIB).check(three)
    assert loaded(three) == "a"


async def test_what_is_at_a_job_stays(three, pipes):
    told, gate = pipes
    call = asyncio.create_task(three[0].run(jobs.meet, told.path, gate.path))
    await told.line()
    await MemoryLimit(1).check(three)
    assert loaded(three) == "a"
    gate.let()
    await call


async def test_executors_that_are_always_there_count_and_stay(three):
    fixed = LocalExecutor(jobs.no_setup)
    await fixed.start()
    try:
        await MemoryLimit(1).check([fixed, *three])
        assert loaded(three) == ""
        assert await fixed.run(jobs.add, 1, 2) == 3
    finally:
        await fixed.close()


async def test_what_the_children_of_a_worker_take_counts(three, pipes):
    told, gate = pipes
    (keeper,) = three[0].processes
    before = memory_of([keeper])[keeper]
    call = asyncio.create_task(three[0].run(jobs.fill_memory, 64, told.path, gate.path))
    await told.line()
    assert memory_of([keeper])[keeper] > before + 64 * MIB
    gate.let()
    await call


def test_a_process_that_is_gone_takes_nothing():
    assert memory_of([2**22 + 1]) == {2**22 + 1: 0}
