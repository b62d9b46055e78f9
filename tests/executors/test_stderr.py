"""Output that never holds the event loop up."""

import asyncio
import os

from deepaas.executors import stderr
from deepaas.executors.stderr import Printer


async def test_output_that_nobody_reads_is_kept_for_a_while_and_then_dropped(monkeypatch):
    monkeypatch.setattr(stderr, "CAPACITY", 100_000)
    reader, writer = os.pipe()
    printer = Printer(writer)
    for _ in range(100):
        printer.write(b"x" * 9_999 + b"\n")
    read = bytearray()
    os.set_blocking(reader, False)

    def take():
        read.extend(os.read(reader, 1024 * 1024))
        if len(read) >= 120_000:
            enough.set()

    enough = asyncio.Event()
    asyncio.get_running_loop().add_reader(reader, take)
    await asyncio.wait_for(enough.wait(), 20)
    printer.write(b"the end\n")
    await asyncio.sleep(0)
    asyncio.get_running_loop().remove_reader(reader)
    printer.flush()
    read.extend(os.read(reader, 1024 * 1024))
    assert len(read) < 200_000
    assert read.endswith(b"the end\n")
    os.close(writer)
    os.close(reader)


async def test_output_that_is_read_arrives_whole_and_in_order():
    reader, writer = os.pipe()
    printer = Printer(writer)
    sent = os.urandom(700_000)
    for start in range(0, len(sent), 7_000):
        printer.write(sent[start : start + 7_000])
    received = bytearray()
    arrived = asyncio.Event()

    def take():
        received.extend(os.read(reader, 4096))
        if len(received) >= len(sent):
            arrived.set()

    asyncio.get_running_loop().add_reader(reader, take)
    await asyncio.wait_for(arrived.wait(), 20)
    asyncio.get_running_loop().remove_reader(reader)
    assert received == sent
    os.close(writer)
    os.close(reader)


async def test_output_into_a_file_is_there_at_once(tmp_path):
    with (tmp_path / "out").open("wb") as file:
        Printer(file.fileno()).write(b"words" * 10_000)
    assert (tmp_path / "out").read_bytes() == b"words" * 10_000


async def test_output_that_cannot_be_written_is_lost(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    printer = Printer(writer)
    printer.write(b"words")
    os.close(writer)
    printer.write(b"words")


async def test_what_is_kept_is_written_in_the_end_if_it_is_read(monkeypatch):
    monkeypatch.setattr(stderr, "LAST_CHANCE", 0.01)
    reader, writer = os.pipe()
    printer = Printer(writer)
    printer.write(b"x" * 100_000)
    printer.flush()
    assert os.read(reader, 1024 * 1024).count(b"x") == 65_536
    printer.flush()
    assert os.read(reader, 1024 * 1024).count(b"x") == 100_000 - 65_536
    asyncio.get_running_loop().remove_writer(writer)
    os.close(writer)
    os.close(reader)
