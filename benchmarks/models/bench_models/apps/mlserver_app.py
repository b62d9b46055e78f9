"""The models for MLServer: runtimes that speak the Open Inference Protocol."""

from typing import Any

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

from bench_models import work

DATATYPES = {float: "FP64", int: "INT64"}


class Runtime(MLModel):
    """Answers what ``compute`` makes of a request's inputs, one output per entry."""

    async def load(self) -> bool:
        return True

    def compute(self, request: InferenceRequest) -> dict[str, Any]:
        raise NotImplementedError

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        outputs = [encode(name, value) for name, value in self.compute(payload).items()]
        return InferenceResponse(model_name=self.name, outputs=outputs)


def encode(name: str, value: Any) -> ResponseOutput:
    if isinstance(value, str):
        return StringCodec.encode_output(name, [value])
    return ResponseOutput(name=name, shape=[1], datatype=DATATYPES[type(value)], data=[value])


class Tiny(Runtime):
    def compute(self, request: InferenceRequest) -> dict[str, Any]:
        number, factor, mode = request.inputs
        return work.tiny(number.data[0], factor.data[0], StringCodec.decode_input(mode)[0])


class Tensor(Runtime):
    def compute(self, request: InferenceRequest) -> dict[str, Any]:
        return work.tensor(request.inputs[0].data)


class Sleepy(Runtime):
    def compute(self, request: InferenceRequest) -> dict[str, Any]:
        return work.sleepy()


class Floats(Runtime):
    def compute(self, request: InferenceRequest) -> dict[str, Any]:
        from bench_models.floats import floats

        return floats(NumpyCodec.decode_input(request.inputs[0]))


class Mlp(MLModel):
    """Answers ten scores for each row of the only input; MLServer joins and parts requests."""

    async def load(self) -> bool:
        from bench_models.mlp import Mlp as Network

        self.network = Network()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        scores = self.network(NumpyCodec.decode_input(payload.inputs[0]))
        outputs = [NumpyCodec.encode_output("scores", scores)]
        return InferenceResponse(model_name=self.name, outputs=outputs)
