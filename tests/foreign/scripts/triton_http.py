"""tritonclient over HTTP; prints as JSON what it was answered."""

import json
import sys
from functools import partial

import numpy as np
import triton_asking
import tritonclient.http as triton
from triton_asking import refused, text

client = triton.InferenceServerClient(sys.argv[1])
answers = {}
tensor = partial(triton_asking.tensor, triton.InferInput)

answers["live"] = client.is_server_live()
answers["ready"] = client.is_server_ready()
answers["model ready"] = client.is_model_ready("greet")
answers["server"] = client.get_server_metadata()
answers["metadata"] = client.get_model_metadata("scale")

image = np.arange(6, dtype=np.float32).reshape(2, 3)
answers["scaled"] = [
    client.infer(
        "scale",
        [tensor("image", image, "FP32", binary), tensor("factor", np.array([3.0]), "FP64", binary)],
        outputs=[triton.InferRequestedOutput(name, binary) for name in ("scaled", "bright")],
        request_id="seven",
        request_compression_algorithm=packing,
        response_compression_algorithm=packing,
    )
    .as_numpy("scaled")
    .tolist()
    for binary in (True, False)
    for packing in (None, "gzip", "deflate")
]
large = np.ones((1000, 3), np.float32)
result = client.infer(
    "scale",
    [tensor("image", large, "FP32")],
    outputs=[triton.InferRequestedOutput("scaled", binary_data=True)],
    request_id="eight",
    response_compression_algorithm="gzip",
)
answers["id"] = result.get_response()["id"]
answers["large"] = float(result.as_numpy("scaled").sum())

greeted = client.infer("greet", [tensor("name", text("you"), "BYTES")], parameters={"times": 3})
answers["greeted"] = json.loads(greeted.as_numpy("predictions")[0])
old = client.infer("old", [tensor("text", text("a"), "BYTES", False)])
answers["old"] = json.loads(old.as_numpy("predictions")[0])
with open(sys.argv[2], "rb") as file:
    picture = np.array([file.read()], dtype=object)
digit = client.infer("digits", [tensor("data", picture, "BYTES")])
answers["digit"] = json.loads(digit.as_numpy("predictions")[0])["label"]

answers["unknown model"] = refused(client.infer, "nobody", [])
answers["wrong tensor"] = refused(client.infer, "scale", [tensor("picture", image, "FP32")])
answers["wrong shape"] = refused(client.infer, "scale", [tensor("image", image[:, :2], "FP32")])
answers["failure"] = refused(client.infer, "fail", [tensor("text", text("no"), "BYTES")])
answers["shared memory"] = refused(client.get_system_shared_memory_status)
client.load_model("old")
answers["index"] = {one["name"]: one["state"] for one in client.get_model_repository_index()}
client.unload_model("old")
answers["unloaded"] = {one["name"]: one["state"] for one in client.get_model_repository_index()}
(answers["statistics"],) = client.get_inference_statistics("fail")["model_stats"]
answers["all statistics"] = len(client.get_inference_statistics()["model_stats"])
client.close()
print(json.dumps(answers))
