"""tritonclient over gRPC, streaming; prints as JSON what it was answered."""

import json
import queue
import sys
from functools import partial

import numpy as np
import triton_asking
import tritonclient.grpc as triton

client = triton.InferenceServerClient(sys.argv[1])
came = queue.Queue()
answers = []
tensor = partial(triton_asking.tensor, triton.InferInput)


def items(value: int) -> triton.InferInput:
    """How many are wanted."""
    return tensor("items", np.array([value]), "INT64")


client.start_stream(callback=lambda result, error: came.put((result, error)))
client.async_stream_infer("count", [items(3)], request_id="a", enable_empty_final_response=True)
client.async_stream_infer("nobody", [items(1)], request_id="b")
client.async_stream_infer("count", [items(1)], request_id="c", enable_empty_final_response=True)
ends = 0
while ends < 2:
    result, error = came.get(timeout=60)
    if error is not None:
        answers.append(error.message())
        continue
    response = result.get_response()
    final = response.parameters["triton_final_response"].bool_param
    ends += final
    number = None if final else result.as_numpy("number").tolist()
    answers.append([response.id, number])
client.stop_stream()
client.close()
print(json.dumps(answers))
