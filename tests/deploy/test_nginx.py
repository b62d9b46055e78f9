"""nginx in front of several replicas, as the example configures it."""

import asyncio
import signal
from pathlib import Path

from tests.api.asking import ask, get
from tests.faults.asking import load, status

PREDICT = "/v2/models/training/predict/"
TRAIN = "/v2/models/training/train/"
STREAM = "/v2/models/streaming/predict/"
ECHO = "/v2/models/echo/predict/"
CLIENTS = 8
# Seconds in which anything happens on a busy machine.
PATIENCE = 60
# As the kernel calls it.
ESTABLISHED = "01"


async def more(under_load, count=100):
    """Wait until so many more requests have been answered."""
    wanted = under_load.asked + count
    async with asyncio.timeout(PATIENCE):
        while under_load.asked < wanted:
            await asyncio.sleep(0.01)


def unread(replica):
    """Return how many open connections to a replica hold what it has not read."""
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        is_there = int(local.partition(":")[2], 16) == replica.port and state == ESTABLISHED
        count += is_there and int(queues.partition(":")[2], 16) > 0
    return count


async def test_predictions_are_spread_over_the_replicas(behind_nginx):
    site = await behind_nginx("training")
    async with site.client() as client:
        answers = await asyncio.gather(*(ask(client, "POST", PREDICT) for _ in range(50)))
    answered = {one.predictions for one in answers}
    assert len(answered) == 2
    for replica in site.replicas:
        assert answered & {*replica.workers()}


async def test_no_prediction_fails_when_replicas_are_killed_and_drained(behind_nginx):
    site = await behind_nginx("training")
    async with site.client() as client, load(client, CLIENTS, PREDICT) as seen:
        await more(seen)
        await site.replicas[0].end(signal.SIGKILL)
        await more(seen)
        await site.restart(0)
        await more(seen)
        await site.replicas[1].end(signal.SIGTERM)
        await more(seen)
    assert seen.wrong == 0, seen.got


async def test_predictions_alone_are_repeated_when_a_replica_goes_with_them(
    behind_nginx, eventually
):
    site = await behind_nginx("training")
    gone, left = site.replicas
    async with site.client() as client:
        former = [(await ask(client, "POST", TRAIN)).json["uuid"] for _ in range(2)]
        for uuid in former:
            await get(client, f"{TRAIN}{uuid}/events")
        for replica in site.replicas:
            replica.process.send_signal(signal.SIGSTOP)

        async def waiting():
            return [unread(one) for one in site.replicas]

        sent = []
        for method, paths in (
            ("POST", [PREDICT] * 2),
            ("POST", [TRAIN] * 2),
            ("DELETE", [TRAIN + one for one in former]),
        ):
            sent.append([asyncio.create_task(status(client, one, method)) for one in paths])
            await eventually(waiting, lambda counts: counts == [len(sent)] * 2, PATIENCE)
        predictions, trainings, deletions = sent
        await gone.end(signal.SIGKILL)
        left.process.send_signal(signal.SIGCONT)
        assert await asyncio.gather(*predictions) == [200, 200]
        assert sorted(await asyncio.gather(*trainings)) == [200, 502]
        assert sorted(await asyncio.gather(*deletions)) == [200, 502]
        known = [one["uuid"] for one in (await get(client, TRAIN)).json]
    # One of the former was forgotten, and one has begun.
    assert len(known) == 2
    assert len({*known, *former}) == 3


async def test_a_prediction_goes_to_a_replica_that_has_time_for_it(behind_nginx, pipes):
    site = await behind_nginx("streaming", "--max-queued-predictions", "0")
    begun, gate = pipes
    waiting = {"items": 1, "gate": gate.path, "told": begun.path}
    async with site.client() as client:
        streams = [asyncio.create_task(status(client, STREAM, "POST", params=waiting))]
        assert await begun.line(PATIENCE) == "begun"
        for _ in range(4):
            assert await status(client, STREAM, "POST") == 200
        streams.append(asyncio.create_task(status(client, STREAM, "POST", params=waiting)))
        assert await begun.line(PATIENCE) == "begun"
        for _ in range(4):
            refused = await ask(client, "POST", STREAM)
            assert refused.status == 503
            assert int(refused.headers["Retry-After"]) > 0
        gate.let(2)
        assert await asyncio.gather(*streams) == [200, 200]
        assert await status(client, STREAM, "POST") == 200


async def test_a_stream_arrives_item_by_item(behind_nginx, pipes):
    site = await behind_nginx("streaming")
    _, gate = pipes
    params = {"items": 3, "gate": gate.path}
    lines = {"Accept": "application/x-ndjson"}
    async with site.client() as client:
        gate.let()
        async with client.post(STREAM, params=params, headers=lines) as response:
            for number in range(3):
                line = await response.content.readline()
                assert line == b'{"number":%d,"padding":""}\n' % number
                gate.let()
            assert await response.read() == b""


async def test_a_training_is_seen_followed_and_cancelled_through_each_replica(behind_nginx, pipes):
    site = await behind_nginx("training")
    reached, go_on = pipes
    params = {"how": "report", "reached": reached.path, "go_on": go_on.path}
    async with site.client() as client:
        training = TRAIN + (await ask(client, "POST", TRAIN, params=params)).json["uuid"]
        await reached.line(PATIENCE)
        async with client.get(f"{training}/events") as events:
            # It does not end before it is told to.
            assert await events.content.readline() == b"id: 1\n"
            go_on.let()
            assert (await events.text()).endswith('data: {"status":"done"}\n\n')
        for replica in site.replicas:
            running = TRAIN + (await ask(client, "POST", TRAIN, params=params)).json["uuid"]
            await reached.line(PATIENCE)
            async with replica.client() as alone:
                assert (await get(alone, training)).json["status"] == "done"
                assert (await get(alone, running)).json["status"] == "running"
                assert (await ask(alone, "DELETE", running)).json["status"] == "cancelled"
            assert (await get(client, running)).json["status"] == "cancelled"


async def test_a_large_upload_is_passed_on_as_it_comes(behind_nginx, eventually, environment):
    site = await behind_nginx("echo")
    half = 8_000_000
    arrived = asyncio.Event()

    async def parts():
        yield b'--b\r\nContent-Disposition: form-data; name="data"; filename="x"\r\n\r\n'
        yield bytes(half)
        await arrived.wait()
        yield bytes(half) + b"\r\n--b--\r\n"

    async def on_disk():
        files = [one.stat().st_size for one in Path(environment["TMPDIR"]).rglob("*")]
        return max(files, default=0)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    async with site.client() as client:
        asked = ask(client, "POST", f"{ECHO}?how=size", data=parts(), headers=headers)
        asking = asyncio.create_task(asked)
        await eventually(on_disk, lambda size: size > half / 2, PATIENCE)
        assert not asking.done()
        arrived.set()
        assert (await asking).predictions == 2 * half
