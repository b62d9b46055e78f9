"""Clients that others have written are answered over gRPC as they expect."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deepaas import __version__
from deepaas.testing.serving import serve
from tests.foreign.conftest import SECONDS, Ask, rpc_address_of
from tests.test_docs import python_in

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "examples" / "digits" / "pictures"
PAGES = ROOT / "doc" / "source"
SCALED = [[0.0, 3.0, 6.0], [9.0, 12.0, 15.0]]


@pytest.fixture(scope="module")
def triton(ask: Ask, rpc_address) -> dict[str, Any]:
    """What tritonclient is answered."""
    got: dict[str, Any] = ask("triton_grpc.py", rpc_address, str(PICTURES / "seven.png"))
    return got


def test_tritonclient_is_answered(triton):
    got = triton
    assert (got["live"], got["ready"], got["model ready"]) == (True, True, True)
    assert (got["server"]["name"], got["server"]["version"]) == ("deepaas", __version__)
    assert got["metadata"]["name"] == "scale"
    assert got["metadata"]["inputs"][0] == {
        "name": "image",
        "datatype": "FP32",
        "shape": ["-1", "3"],
    }
    for compression in ("None", "gzip", "deflate"):
        assert got[f"scaled, {compression}"] == SCALED
    assert (got["dtype"], got["bright"], got["mean"]) == ("float32", [True], None)
    assert got["id"] == "seven"
    assert got["greeted"] == "hello you you"
    assert got["parameters"] == "hello you you you"
    assert got["digit"] == 7
    assert got["index"].keys() == {"greet", "scale", "count", "fail", "old", "digits"}
    assert got["index"]["greet"] == "READY"
    assert got["unloaded"] == "it is loaded at its next call"
    assert int(got["statistics"]) >= 1


def test_tritonclient_is_refused_with_a_status_and_words(triton):
    got = triton
    invalid = "StatusCode.INVALID_ARGUMENT"
    assert got["unknown model"][0] == "StatusCode.NOT_FOUND"
    assert "no model 'nobody' here" in got["unknown model"][1]
    assert got["wrong tensor"][0] == invalid
    assert "no input 'picture'" in got["wrong tensor"][1]
    assert got["wrong datatype"][0] == invalid
    assert "name: " in got["wrong datatype"][1]
    assert got["wrong shape"] == [invalid, "image: Must have the shape (any, 3), not (2, 2)."]
    assert got["failure"] == [
        "StatusCode.INTERNAL",
        "model 'fail' failed in predict: ValueError: no",
    ]
    assert got["shared memory"][0] == "StatusCode.UNIMPLEMENTED"


def test_tritonclient_gets_streams(ask: Ask, rpc_address):
    first, second, third, first_end, error, only, only_end = ask(
        "triton_grpc_stream.py", rpc_address
    )
    assert [first, second, third] == [["a", [0]], ["a", [1]], ["a", [2]]]
    assert first_end == ["a", None]
    assert "no model 'nobody' here" in error
    assert [only, only_end] == [["c", [0]], ["c", None]]


def test_the_asyncio_variant_of_tritonclient_is_answered(ask: Ask, rpc_address):
    got = ask("triton_grpc_aio.py", rpc_address)
    assert (got["live"], got["ready"]) == (True, True)
    assert got["means"] == [[float(factor)] for factor in range(20)]
    assert got["stream"] == [["2", [0]], ["2", [1]], ["1", [0]]]


def test_the_client_of_kserve_is_answered(ask: Ask, rpc_address):
    got = ask("kserve_grpc.py", rpc_address)
    assert (got["live"], got["ready"], got["model ready"]) == (True, True, True)
    doubled = [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]
    assert got["packed"] == got["plain"] == doubled
    assert got["greeted"] == '"hello you"'
    assert got["unknown model"][0] == "NOT_FOUND"


def test_the_client_of_the_documentation_prints_what_it_says(python, tmp_path):
    model = tmp_path / "model.py"
    model.write_text(python_in(PAGES / "quickstart.rst"))
    code = python_in(PAGES / "kserve-grpc.rst")
    (said,) = re.findall(r"print\(.*\)  # (.*)", code)
    with serve(str(model), grpc_port=0) as served:
        code = code.replace("127.0.0.1:8001", rpc_address_of(served))
        printed = subprocess.check_output([python, "-c", code], text=True, timeout=SECONDS)
    assert printed.splitlines() == [said]
