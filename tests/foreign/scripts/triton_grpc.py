"""tritonclient over gRPC; prints as JSON what it was answered."""

import json
import sys
from functools import partial

import numpy as np
import triton_asking
import tritonclient.grpc as triton
from triton_asking import refused, text

address = sys.argv[1]
client = triton.InferenceServerClient(address)
answers = {}
tensor = partial(triton_asking.tensor, triton.InferInput)

answers["live"] = client.is_server_live()
answers["ready"] = client.is_server_ready()
answers["model ready"] = client.is_model_ready("greet")
answers["server"] = client.get_server_metadata(as_json=True)
answers["metadata"] = client.get_model_metadata("scale", as_json=True)

image = np.arange(6, dtype=np.float32).reshape(2, 3)
for compression in (None, "gzip", "deflate"):
    result = client.infer(
        "scale",
        [tensor("image", image, "FP32"), tensor("factor", np.array([3.0]), "FP64")],
        outputs=[triton.InferRequestedOutput("scaled"), triton.InferRequestedOutput("bright")],
        request_id="seven",
        compression_algorithm=compression,
    )
    answers[f"scaled, {compression}"] = result.as_numpy("scaled").tolist()
answers["dtype"] = str(result.as_numpy("scaled").dtype)
answers["bright"] = result.as_numpy("bright").tolist()
answers["mean"] = result.as_numpy("mean")
answers["id"] = result.get_response().id

greeted = client.infer(
    "greet", [tensor("name", text("you"), "BYTES"), tensor("times", np.array([2]), "INT64")]
)
answers["greeted"] = json.loads(greeted.as_numpy("predictions")[0])
greeted = client.infer("greet", [tensor("name", text("you"), "BYTES")], parameters={"times": 3})
answers["parameters"] = json.loads(greeted.as_numpy("predictions")[0])
with open(sys.argv[2], "rb") as file:
    picture = np.array([file.read()], dtype=object)
digit = client.infer("digits", [tensor("data", picture, "BYTES")])
answers["digit"] = json.loads(digit.as_numpy("predictions")[0])["label"]

answers["unknown model"] = refused(client.infer, "nobody", [])
answers["wrong tensor"] = refused(client.infer, "scale", [tensor("picture", image, "FP32")])
answers["wrong datatype"] = refused(client.infer, "greet", [tensor("name", np.array([1]), "INT64")])
answers["wrong shape"] = refused(client.infer, "scale", [tensor("image", image[:, :2], "FP32")])
answers["failure"] = refused(client.infer, "fail", [tensor("text", text("no"), "BYTES")])
answers["shared memory"] = refused(client.get_system_shared_memory_status)
client.load_model("greet")
answers["index"] = {
    one["name"]: one["state"] for one in client.get_model_repository_index(as_json=True)["models"]
}
client.unload_model("greet")
answers["unloaded"] = client.get_model_repository_index(as_json=True)["models"][0]["reason"]
counted = client.get_inference_statistics("fail", as_json=True)["model_stats"][0]
answers["statistics"] = counted["inference_stats"]["fail"]["count"]
client.close()
print(json.dumps(answers))
