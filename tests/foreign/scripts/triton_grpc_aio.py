"""tritonclient's asyncio variant over gRPC; prints as JSON what it was answered."""

import asyncio
import json
import sys
from functools import partial

import numpy as np
import triton_asking
import tritonclient.grpc.aio as triton

tensor = partial(triton_asking.tensor, triton.InferInput)


async def main() -> dict:
    """Ask."""
    answers = {}
    async with triton.InferenceServerClient(sys.argv[1]) as client:
        answers["live"] = await client.is_server_live()
        answers["ready"] = await client.is_server_ready()
        image = np.ones((2, 3), np.float32)
        several = await asyncio.gather(
            *(
                client.infer(
                    "scale",
                    [
                        tensor("image", image, "FP32"),
                        tensor("factor", np.array([float(factor)]), "FP64"),
                    ],
                )
                for factor in range(20)
            )
        )
        answers["means"] = [one.as_numpy("mean").tolist() for one in several]

        async def requests():
            for number in (2, 1):
                yield {
                    "model_name": "count",
                    "inputs": [tensor("items", np.array([number]), "INT64")],
                    "request_id": str(number),
                }

        answers["stream"] = []
        async for result, error in client.stream_infer(requests()):
            assert error is None, error
            answer = [result.get_response().id, result.as_numpy("number").tolist()]
            answers["stream"].append(answer)
    return answers


print(json.dumps(asyncio.run(main())))
