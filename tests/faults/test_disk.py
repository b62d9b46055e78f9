"""Disks without room."""

import io
import os

import aiohttp
import pytest

from tests.faults.asking import predict, status, timed
from tests.faults.server import PREDICT, TRAIN


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
    async with server.client() as client:
        params = {"lines": 1000, "pause": 0.002}
        async with client.post(TRAIN, params=params) as response:
            identifier = (await response.json())["uuid"]
        await server.heard("trains")
        ballast = disk / "ballast"
        fill(ballast)
        await server.heard("What training .* waits")
        refused = await status(client, TRAIN, "POST", params=params)
        seen.holds("a new training is refused with 507", refused == 507)
        seen.holds("predictions go on", await predict(client) == 200)
        await server.heard("line 999")
        ballast.unlink()
        async with client.get(f"{TRAIN}{identifier}/log/?follow=1") as response:
            log = await response.text()
        async with client.get(f"{TRAIN}{identifier}/") as response:
            assert (await response.json())["status"] == "done"
        lines = [line.split()[1] for line in log.splitlines() if line.startswith("line ")]
        seen.holds("done, no line lost", lines == [str(number) for number in range(1000)])
        seen.holds("a new training is taken", await status(client, TRAIN, "POST") == 200)


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
