"""Many connections, and some that never ask for anything."""

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.faults.asking import calmest, latencies, load, percentile, predict
from tests.faults.conftest import FULL, sized
from tests.faults.server import PREDICT

HALF_HEAD = f"POST {PREDICT} HTTP/1.1\r\nHost: here\r\n".encode()
HALF_BODY = HALF_HEAD + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
# Those who read the end of a connection may be late for it, in seconds.
LATE = 4


@pytest.mark.fault(
    f"256 connections for {sized(2, 60)} s", "0 errors, memory ≤ +20 MB, descriptors ≤ +5"
)
async def test_many_connections_are_all_answered_and_leave_nothing(start, seen):
    server = await start("--workers", "2")
    async with server.client() as client:
        async with load(client, 16):
            await asyncio.sleep(1)
        memory = server.memory()
    before = await settled(server)
    async with server.client() as client, load(client, 256) as answers:
        await asyncio.sleep(sized(2, 60))
        more = server.memory() - memory
    seen.at_most(f"of {answers.asked}, errors", answers.wrong, 0, "")
    seen.at_most("memory", more, 20, "MB more")
    seen.at_most("descriptors", await settled(server) - before, 5, "more")


async def settled(server):
    """Return how many files a server holds once those of its last clients are closed."""
    files = server.open_files()
    async with asyncio.timeout(10):
        while True:
            await asyncio.sleep(0.2)
            if (now := server.open_files()) == files:
                return now
            files = now


@pytest.mark.fault("more predictions than the queue takes", "503 with Retry-After, never a hang")
async def test_what_the_queue_does_not_take_is_refused_at_once(start, seen, pipes):
    _, gate = pipes
    server = await start("--max-queued-predictions", "20")
    clients, taken = 256, 21
    async with server.client() as client:

        async def ask():
            async with client.post(PREDICT, params={"gate": gate.path}) as response:
                await response.read()
                return response.status, "Retry-After" in response.headers

        calls = [asyncio.create_task(ask()) for _ in range(clients)]
        answers = asyncio.as_completed(calls)
        refused = [await next(answers) for _ in range(clients - taken)]
        kinds = set(refused)
        seen.holds(f"{len(refused)} refused before any other is done", kinds == {(503, True)})
        gate.let(taken)
        served = [(await answer)[0] for answer in answers]
        seen.holds(f"{len(served)} served", served == [200] * taken)
        assert await predict(client) == 200


@pytest.mark.fault(
    f"{sized(100, 400)} half-open and {sized(250, 1000)} idle connections",
    "no failures, p99 ≤ 3 times that alone; half requests cut after ≤ 60 s idle",
)
@pytest.mark.timeout(300)
async def test_connections_that_do_not_ask_hold_nobody_up_and_are_cut(start, seen):
    server = await start(silence=None if FULL else 3)
    async with server.client() as client:
        await latencies(client, 200)

        async def slower():
            alone = percentile(await latencies(client, sized(300, 1000)), 99)
            async with waiting(server, sized(100, 400), sized(250, 1000)):
                beside = percentile(await latencies(client, sized(300, 1000)), 99)
            return beside / alone

        seen.at_most("p99", await calmest(slower, 3), 3, "times that alone, no failures")
    begin = time.monotonic()
    async with waiting(server, sized(100, 400), 0) as ends:
        answers = await asyncio.gather(*(reader.read() for reader in ends))
        took = time.monotonic() - begin
    kinds = {answer[:12] for answer in answers}
    seen.at_most("cut after", took, 60 if FULL else 3 + LATE)
    seen.holds("bodies with 408", kinds == {b"", b"HTTP/1.1 408"})


@asynccontextmanager
async def waiting(server, half, idle):
    """Hold half-open connections, by turns within head and body, and idle ones."""
    async with AsyncExitStack() as stack:
        readers = []
        for number in range(half + idle):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            stack.callback(writer.close)
            if number < half:
                writer.write(HALF_BODY if number % 2 else HALF_HEAD)
                readers.append(reader)
        yield readers
