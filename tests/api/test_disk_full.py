"""A disk without room: answers say so, and nothing is cut short."""

import asyncio
import io
import os
import resource
import shutil
import subprocess

import aiohttp
import pytest

from tests.api.asking import ask, get, predict

ROOM = 2_000_000


@pytest.fixture
def little_room():
    """This process and its workers cannot write larger files, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=4m", "deepaas-test", str(folder)]
    if mount is None or subprocess.run(command, check=False, capture_output=True).returncode:
        if os.environ.get("CI"):
            pytest.fail("This test must be allowed to mount a tmpfs here")
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def upload(name, size):
    """Return a form with a file of some size."""
    data = aiohttp.FormData({"how": "size"})
    data.add_field(name, io.BytesIO(os.urandom(size)), filename="a.bin")
    return data


def left(folder):
    """Return what a server has in its temporary folder, its lock excepted."""
    return [path for path in folder.glob("deepaas-*/**/*") if path.name != "lock"]


async def refused(client, path, size):
    answer = await ask(client, "POST", path, data=upload("data", size))
    assert answer.status == 507
    assert "disk is full" in answer.message


@pytest.mark.parametrize("size", [ROOM + 1, 5_000_000])
async def test_an_upload_that_does_not_fit_is_507(serve, tmp_path, little_room, size):
    client = await serve("echo")
    await refused(client, "/v2/models/echo/predict/", size)
    await refused(client, "/v2/models/echo/train/", size)
    assert left(tmp_path) == []
    answer = await predict(client, "echo", data=upload("data", ROOM))
    assert answer.predictions == ROOM


@pytest.mark.parametrize("what", ["megabytes", "many_megabytes"])
async def test_an_answer_that_does_not_fit_is_507(serve, tmp_path, little_room, what):
    client = await serve("answering")
    headers = {"Accept": "image/png"}
    answer = await predict(client, "answering", params={"what": what}, headers=headers)
    assert answer.status == 507
    assert "disk is full" in answer.message
    assert left(tmp_path) == []
    assert (await predict(client, "answering", params={"what": "str"})).status == 200


async def test_calls_beside_each_other_on_a_full_disk_are_whole_or_refused(serve, small_disk):
    client = await serve("echo", temporary_directory=str(small_disk))
    sizes = [1_500_000] * 4
    path = "/v2/models/echo/predict/"
    answers = await asyncio.gather(
        *(ask(client, "POST", path, data=upload("data", size)) for size in sizes)
    )
    for answer in answers:
        if answer.status == 200:
            assert answer.predictions == 1_500_000
        else:
            assert (answer.status, "disk is full" in answer.message) == (507, True)
    await refused(client, path, 5_000_000)
    assert left(small_disk) == []
    assert (await predict(client, "echo", data=upload("data", 1000))).predictions == 1000


async def test_a_folder_that_cannot_be_written_to_is_a_500_in_json(serve, tmp_path, caplog):
    client = await serve("echo")
    (folder,) = tmp_path.glob("deepaas-*")
    shutil.rmtree(folder)
    folder.write_text("no folder")
    answer = await predict(client, "echo", data=upload("data", 10))
    assert answer.status == 500
    assert "internal error" in answer.message
    assert "FileExistsError" in caplog.text or "NotADirectoryError" in caplog.text
    assert (await get(client, "/v2/models/")).status == 200
    folder.unlink()
