"""tritonclient's asyncio variant over HTTP; prints as JSON what it was answered."""

import asyncio
import json
import sys
from functools import partial

import numpy as np
import triton_asking
import tritonclient.http.aio as triton

tensor = partial(triton_asking.tensor, triton.InferInput)


async def main() -> dict:
    """Ask."""
    answers = {}
    async with triton.InferenceServerClient(sys.argv[1]) as client:
        answers["live"] = await client.is_server_live()
        answers["ready"] = await client.is_server_ready()
        answers["metadata"] = await client.get_model_metadata("greet")
        image = np.ones((2, 3), np.float32)
        several = await asyncio.gather(
            *(
                client.infer(
                    "scale",
                    [
                        tensor("image", image, "FP32", binary),
                        tensor("factor", np.array([float(factor)]), "FP64", binary),
                    ],
                    request_compression_algorithm=packing,
                    response_compression_algorithm=packing,
                )
                for factor in range(10)
                for binary, packing in ((True, None), (False, "gzip"))
            )
        )
        answers["means"] = [one.as_numpy("mean").tolist() for one in several]
        try:
            await client.infer("nobody", [])
        except triton.InferenceServerException as error:
            answers["unknown model"] = [error.status(), error.message()]
    return answers


print(json.dumps(asyncio.run(main())))
