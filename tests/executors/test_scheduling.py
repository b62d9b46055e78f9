"""Jobs are sent ahead, taken back and cancelled; each is still run once, or not at all."""

import asyncio
import collections
import os
import random
import time

import pytest

from deepaas.executors.local import LocalExecutor


def setup() -> None:
    pass


def mark(state, folder: str, name: str, seconds: float) -> str:
    """Leave a trace, and answer who one is."""
    with open(f"{folder}/{os.getpid()}", "a") as file:
        file.write(f"{name}\n")
    if seconds:
        time.sleep(seconds)
    return name


@pytest.mark.parametrize("seed", range(3))
async def test_each_caller_gets_its_own_answer_and_each_job_runs_once(tmp_path, seed):
    executor = LocalExecutor(setup, workers=3)
    await executor.start()

    async def caller(number: int) -> None:
        chance = random.Random(f"{seed}/{number}")
        for call in range(100):
            name = f"{number}/{call}"
            seconds = chance.choice([0.001, 0.02, 0.1]) if chance.random() < 0.1 else 0
            job = asyncio.ensure_future(executor.run(mark, str(tmp_path), name, seconds))
            if chance.random() < 0.05:
                await asyncio.sleep(chance.random() * 0.003)
                job.cancel()
                await asyncio.gather(job, return_exceptions=True)
            else:
                assert await asyncio.wait_for(job, 30) == name

    try:
        await asyncio.gather(*map(caller, range(30)))
    finally:
        await executor.close()
    runs = collections.Counter(
        line for path in tmp_path.iterdir() for line in path.read_text().splitlines()
    )
    assert set(runs.values()) == {1}
    assert len(runs) > 2500
