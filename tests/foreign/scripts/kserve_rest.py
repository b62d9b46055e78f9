"""KServe's client over REST, both protocols; prints as JSON what it was answered."""

import asyncio
import base64
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig

URL = sys.argv[1]


async def refused(asking) -> list:
    """The status and the body with which a call is refused."""
    try:
        await asking
    except httpx.HTTPStatusError as error:
        return [error.response.status_code, str(error)]
    raise AssertionError("it was not refused")


async def first() -> dict:
    """Ask by the first protocol."""
    client = InferenceRESTClient(RESTConfig(protocol="v1", retries=1))
    answers = {"live": await client.is_server_live(URL)}
    answers["model ready"] = await client.is_model_ready(URL, "greet")

    async def predict(model: str, *instances):
        data = {"instances": list(instances)}
        return (await client.infer(URL, data, model_name=model))["predictions"]

    answers["greeted"] = await predict("greet", {"name": "you"}, {"name": "me", "times": 2})
    answers["scaled"] = await predict("scale", {"image": [[1, 2, 3]]})
    answers["old"] = await predict("old", {"text": "a", "number": 2})
    with open(sys.argv[2], "rb") as file:
        picture = base64.b64encode(file.read()).decode()
    (digit,) = await predict("digits", {"data": {"b64": picture}})
    answers["digit"] = digit["label"]
    answers["unknown model"] = await refused(predict("nobody", {}))
    answers["invalid"] = await refused(predict("greet", {"name": "a"}, {"name": "a", "times": "x"}))
    answers["failure"] = await refused(predict("fail", {"text": "no"}))
    answers["explain"] = await refused(client.explain(URL, "greet", {"instances": []}))
    await client.close()
    return answers


async def second() -> dict:
    """Ask by the second, the Open Inference Protocol."""
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=1))
    answers = {
        "live": await client.is_server_live(URL),
        "ready": await client.is_server_ready(URL),
        "model ready": await client.is_model_ready(URL, "scale"),
    }
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    for binary in (True, False):
        tensor = InferInput("image", [2, 3], "FP32")
        tensor.set_data_from_numpy(image, binary_data=binary)
        request = InferRequest(model_name="scale", infer_inputs=[tensor])
        response = await client.infer(URL, request, model_name="scale")
        outputs = {output.name: output for output in response.outputs}
        answers["packed" if binary else "plain"] = outputs["scaled"].as_numpy().tolist()
    request = InferRequest(model_name="nobody", infer_inputs=[tensor])
    answers["unknown model"] = await refused(client.infer(URL, request, model_name="nobody"))
    await client.close()
    return answers


async def main() -> dict:
    """Ask by both."""
    return {"v1": await first(), "v2": await second()}


print(json.dumps(asyncio.run(main())))
