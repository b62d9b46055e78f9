"""gRPC through nginx, as the example configures it."""

import asyncio
import json
import signal

import grpc

from deepaas.api.kserve.rpc.inference_pb2_grpc import GRPCInferenceServiceStub
from tests.api.kserve.rpc.asking import prediction, request_of

# What a client is told that is to see nothing of a replica that goes.
AGAIN = {
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


async def test_calls_are_spread_streamed_and_tried_again(behind_nginx, pipes):
    site = await behind_nginx("training", "--grpc-port", "0", "tests.models.streaming")
    _, gate = pipes
    options = [("grpc.service_config", json.dumps(AGAIN))]
    async with grpc.aio.insecure_channel(site.rpc, options) as channel:
        stub = GRPCInferenceServiceStub(channel)

        async def worker():
            (pid,) = (await stub.ModelInfer(request_of("training", {}))).raw_output_contents
            return pid

        answered = set(await asyncio.gather(*(worker() for _ in range(20))))
        assert len(answered) == 2

        call = stub.ModelStreamInfer()
        gate.let()
        await call.write(request_of("streaming", {"items": 2, "gate": gate.path}))
        for number in range(2):
            async with asyncio.timeout(60):
                answer = (await call.read()).infer_response
            assert prediction(answer)["number"] == number
            gate.let()
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF

        calls = [asyncio.create_task(worker()) for _ in range(200)]
        await calls[0]
        await site.replicas[0].end(signal.SIGKILL)
        assert set(await asyncio.gather(*calls)) <= answered
        assert len({await worker() for _ in range(10)}) == 1
