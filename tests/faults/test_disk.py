"""Disks without room."""

import io
import os
import signal

import aiohttp
import pytest

from deepaas.client import ClientError
from tests.faults.asking import predict, status, timed
from tests.faults.server import PREDICT, left


@pytest.mark.fault("full disk during an upload", "507 ≤ 2 s, space given back")
async def test_an_upload_that_fills_the_disk_is_507_and_leaves_nothing(start, seen, disk):
    server = await start("--temporary-directory", str(disk))
    async with server.client() as client:
        assert await predict(client) == 200
        before = free(disk)
        form = aiohttp.FormData()
        form.add_field("data", io.BytesIO(bytes(32_000_000)), filename="a.bin")
        seconds, answer = await timed(status(client, PREDICT, "POST", data=form))
        seen.holds("507", answer == 507)
        seen.at_most("after", seconds, 2)
        seen.holds("space given back", free(disk) == before)
        assert await predict(client) == 200


@pytest.mark.fault(
    "full disk under the store",
    "new trainings 507, running ones go on; all that they tell is written once there is room",
)
async def test_a_training_outlives_a_full_disk_and_loses_no_line(start, seen, disk):
    server = await start("--state-dir", str(disk))
    async with server.api() as api:
        model = api.model()
        training = await model.train(lines=1000, pause=0.002)
        await server.heard("trains")
        ballast = disk / "ballast"
        fill(ballast)
        await server.heard("What training .* waits")
        with pytest.raises(ClientError) as refused:
            await model.train()
        seen.holds("a new training is refused with 507", refused.value.status == 507)
        seen.holds("predictions go on", (await model.predict()).value)
        await server.heard("line 999")
        ballast.unlink()
        log = "".join([text async for text in training.log(follow=True)])
        lines = [line.split()[1] for line in log.splitlines() if line.startswith("line ")]
        assert (await training.refresh()).status == "done"
        seen.holds("done, no line lost", lines == [str(number) for number in range(1000)])
        seen.holds("a new training is taken", await model.train())


@pytest.mark.fault(
    "training cancelled on a full disk",
    "cancelled ≤ 5 s after the grace, no process of it left; written down once there is room",
)
async def test_a_cancel_is_answered_on_a_full_disk_and_written_down_later(start, seen, disk):
    state = ("--state-dir", str(disk))
    server = await start(*state, "--cancel-grace", "1")
    before = server.family()
    async with server.api() as api:
        training = await api.model().train(seconds=600, children=True, asks=True)
        await server.heard("trains")
        family = await server.family_with(children=2)
        ballast = disk / "ballast"
        fill(ballast)
        seconds, _ = await timed(training.cancel())
        remaining = set(left(family)) - set(before)
        seen.holds("cancelled", training.status == "cancelled")
        seen.at_most("after", seconds, 1 + 5, "s with a grace of 1 s")
        seen.holds("no process left", not remaining)
        with pytest.raises(ClientError) as refused:
            await api.model().train()
        assert refused.value.status == 507
        ballast.unlink()
        *_, last = [event async for event in training.events()]
        assert last.status == "cancelled"
        await server.end(signal.SIGKILL)
    server = await start(*state)
    async with server.api() as api:
        statuses = [one.status for one in await api.model().trainings()]
        seen.holds("written down", statuses == ["cancelled"])


def free(disk):
    """Return how many bytes are free."""
    stat = os.statvfs(disk)
    return stat.f_bavail * stat.f_frsize


def fill(path):
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                pass
