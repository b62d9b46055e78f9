"""``deepaas-cli`` with models that stream, and with coroutine functions."""

import asyncio
import json

import pytest

from tests.pipes import Pipe

STREAM = """
    import os

    from webargs import fields

    def get_predict_args():
        return {
            "to": fields.Int(missing=2),
            "gate": fields.Str(),
            "fails": fields.Bool(missing=False),
            "raw": fields.Bool(missing=False),
        }

    def predict(to, fails, raw, gate=None):
        for number in range(to):
            if gate and number:
                with open(gate, "rb") as file:
                    file.read(1)
            yield bytes([number, 255]) if raw else {"number": number}
        if fails:
            raise ValueError("enough")
"""
LATER = """
    import asyncio

    async def get_metadata():
        return {"author": "somebody"}

    async def warm():
        global loop
        loop = asyncio.get_running_loop()

    async def predict():
        return loop is asyncio.get_running_loop()

    async def train():
        return "trained"
"""
JSONL = ("--output-format", "jsonl")


@pytest.mark.parametrize("options", [(), ("--nodeepaas_with_multiprocessing",)])
async def test_the_items_of_a_stream_are_a_list(install, run, options):
    install("stream", STREAM)
    ended = await run("cli", *options, "predict")
    assert (ended.code, ended.out) == (0, "return: [{'number': 0}, {'number': 1}]\n"), ended.err


@pytest.mark.parametrize("options", [(), ("--nodeepaas_with_multiprocessing",)])
async def test_each_item_is_a_line_of_json(install, run, options):
    install("stream", STREAM)
    ended = await run("cli", *options, *JSONL, "predict", "--raw", "yes")
    assert ended.code == 0, ended.err
    assert [json.loads(line)["output"]["base64"] for line in ended.out.splitlines()] == [
        "AP8=",
        "Af8=",
    ]


async def test_an_item_is_printed_before_the_next_is_made(install, launch, tmp_path):
    install("stream", STREAM)
    gate = Pipe(tmp_path / "gate")
    process = await launch("cli", *JSONL, "predict", "--gate", gate.path)
    async with asyncio.timeout(30):
        first = await process.stdout.readline()
        assert json.loads(first)["output"] == {"number": 0}
        gate.let()
        assert json.loads(await process.stdout.readline())["output"] == {"number": 1}
        await process.communicate()
        assert process.returncode == 0
    gate.close()


async def test_a_stream_that_fails_ends_with_a_line_that_says_why(install, run):
    install("stream", STREAM)
    ended = await run("cli", *JSONL, "predict", "--fails", "yes")
    assert ended.code == 1
    *items, last = map(json.loads, ended.out.splitlines())
    assert len(items) == 2
    assert "enough" in last["error"]
    assert "enough" in ended.err


async def test_a_stream_is_written_to_a_file_as_a_list(install, run, tmp_path):
    install("stream", STREAM)
    ended = await run("cli", *JSONL, "--deepaas_method_output=out.json", "predict")
    assert ended.code == 0, ended.err
    assert json.loads((tmp_path / "out.json").read_text()) == [{"number": 0}, {"number": 1}]


@pytest.mark.parametrize("options", [(), ("--nodeepaas_with_multiprocessing",)])
@pytest.mark.parametrize(
    ("method", "said"),
    [("get_metadata", "somebody"), ("predict", "return: True\n"), ("train", "trained")],
)
async def test_coroutine_functions_run_to_their_end(install, run, options, method, said):
    install("later", LATER)
    ended = await run("cli", *options, "--warm", method)
    assert ended.code == 0, ended.err
    assert said in ended.out
