"""``deepaas-run`` that is told to stop while it streams."""

import asyncio
import contextlib
import time

import aiohttp
import psutil
import pytest

STREAM = """
    import time

    from webargs import fields

    def get_predict_args():
        return {"seconds": fields.Float(missing=0.0)}

    def predict(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield "on"
            time.sleep(0.01)
"""
PREDICT = "/v2/models/stream/predict/"


@pytest.mark.parametrize(("seconds", "grace"), [(1.5, 20), (600, 1)])
async def test_a_stream_has_the_grace_to_come_to_its_end_and_no_more(
    install, start, seconds, grace
):
    install("stream", STREAM)
    server = await start("--shutdown-grace", str(grace))
    family = psutil.Process(server.process.pid).children(recursive=True)
    assert family
    async with (
        aiohttp.ClientSession(server.url) as client,
        client.post(PREDICT, params={"seconds": seconds}) as response,
    ):
        received = await response.content.readuntil(b"\n\n")
        begin = time.monotonic()
        server.process.terminate()
        # One that is cut off is told so, or its connection just breaks.
        with contextlib.suppress(aiohttp.ClientError):
            received += await asyncio.wait_for(response.content.read(), 30)
        assert received.endswith(b"event: end\ndata: {}\n\n") == (seconds < grace)
    await asyncio.wait_for(server.process.wait(), 30)
    assert time.monotonic() - begin < min(seconds, grace) + 5
    assert not [one for one in family if one.is_running()]
