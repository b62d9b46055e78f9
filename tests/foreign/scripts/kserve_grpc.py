"""KServe's client over gRPC; prints as JSON what it was answered."""

import asyncio
import json
import sys

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest


async def main() -> dict:
    """Ask."""
    answers = {}
    client = InferenceGRPCClient(sys.argv[1])
    answers["live"] = await client.is_server_live()
    answers["ready"] = await client.is_server_ready()
    answers["model ready"] = await client.is_model_ready("scale")
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    packed = InferInput("image", [2, 3], "FP32")
    packed.set_data_from_numpy(image, binary_data=True)
    plain = InferInput("image", [2, 3], "FP32")
    plain.set_data_from_numpy(image, binary_data=False)
    for name, one in (("packed", packed), ("plain", plain)):
        response = await client.infer(InferRequest(model_name="scale", infer_inputs=[one]))
        outputs = {output.name: output for output in response.outputs}
        answers[name] = outputs["scaled"].as_numpy().tolist()
    text = InferInput("name", [1], "BYTES", data=["you"])
    response = await client.infer(InferRequest(model_name="greet", infer_inputs=[text]))
    (greeted,) = response.outputs[0].as_numpy().tolist()
    answers["greeted"] = greeted if isinstance(greeted, str) else greeted.decode()
    try:
        await client.infer(InferRequest(model_name="nobody", infer_inputs=[text]))
    except grpc.RpcError as error:
        answers["unknown model"] = [error.code().name, error.details()]
    await client.close()
    return answers


print(json.dumps(asyncio.run(main())))
