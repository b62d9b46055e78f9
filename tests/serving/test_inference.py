"""Inferences beneath any protocol: item by item, and in the version that is served."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from deepaas.exceptions import InvalidArguments, MalformedRequest, ModelError
from deepaas.executors.inline import InlineExecutor
from deepaas.executors.local import LocalExecutor
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.model.loading import choose
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.tensors.rest import RestCall

MODELS = Path(__file__).parents[1] / "models" / "tensors.py"


@pytest.fixture
async def serve(tmp_path):
    """Serve a model of ``tests.models.tensors``, in a process of its own or in none."""
    scratch, served = Scratch(str(tmp_path)), []

    async def start(name, executor=InlineExecutor, version=""):
        (source,) = choose([str(MODELS)])
        member = next(one for one in source.members() if one.name == name)
        loaded = LoadedModel.of(member)
        predictor = executor(Prepare(member))
        await predictor.start()
        model = ServedModel(
            loaded.description, loaded.model, predictor, None, scratch, version=version
        )
        served.append(model)
        return model

    yield start
    for model in served:
        await model.close()
    # No file of a call is left.
    assert [one.name for one in scratch.path.iterdir()] == ["lock"]
    scratch.close()


def call(*inputs, **more):
    return RestCall(orjson.dumps({"inputs": inputs, "id": "7", **more}))


def tensor(name, datatype, *data):
    return {"name": name, "datatype": datatype, "shape": [len(data)], "data": data}


async def test_each_item_of_a_stream_is_an_answer(serve):
    model = await serve("count", LocalExecutor, version="3")
    stream, version = await model.infer(call(tensor("to", "INT64", 3)), item_by_item=True)
    answers = [orjson.loads(item) for item in [item async for item in stream]]
    assert version == "3"
    assert answers == [
        {
            "model_name": "count",
            "model_version": "3",
            "id": "7",
            "outputs": [{"name": "number", "datatype": "INT64", "shape": [1], "data": [number]}],
        }
        for number in range(3)
    ]


async def test_a_model_that_does_not_stream_gives_one_answer_all_the_same(serve):
    model = await serve("total")
    answer, _ = await model.infer(call(tensor("values", "FP64", 1, 2)), item_by_item=True)
    assert orjson.loads(answer.body)["outputs"][0]["data"] == [3.0]


async def test_a_stream_without_the_wanted_output_is_refused(serve):
    model = await serve("count")
    wanted = call(tensor("to", "INT64", 1), outputs=[{"name": "other"}])
    with pytest.raises(MalformedRequest, match="there is no output 'other'; there is: number"):
        await model.infer(wanted, item_by_item=True)


async def test_what_goes_wrong_is_told_as_of_any_prediction(serve):
    model = await serve("odd")
    with pytest.raises(ModelError, match="model 'odd' failed in predict: RuntimeError"):
        await model.infer(call(tensor("case", "BYTES", "raises")))
    with pytest.raises(InvalidArguments, match="case: Must be one of"):
        await model.infer(call(tensor("case", "BYTES", "other")))


async def test_files_of_a_call_go_with_it(serve):
    model = await serve("read")
    answer, _ = await model.infer(call(tensor("file", "BYTES", "YQ==")))
    assert orjson.loads(answer.body)["outputs"][0]["data"] == ["a"]
    with pytest.raises(InvalidArguments, match="more: Not a file"):
        await model.infer(call(tensor("file", "BYTES", "YQ=="), tensor("more", "INT8", 1)))
