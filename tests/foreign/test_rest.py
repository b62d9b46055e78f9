"""Clients that others have written are answered over REST as they expect."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deepaas import __version__
from deepaas.testing.serving import Served
from tests.foreign.conftest import SECONDS, Ask

PICTURE = Path(__file__).parents[2] / "examples" / "digits" / "pictures" / "seven.png"
NOBODY = "no model 'nobody' here"


@pytest.fixture(scope="module")
def address(server: Served) -> str:
    """Where the server is: host and port."""
    return server.url.removeprefix("http://").rstrip("/")


@pytest.fixture(scope="module")
def triton(ask: Ask, address) -> dict[str, Any]:
    """What tritonclient is answered."""
    got: dict[str, Any] = ask("triton_http.py", address, str(PICTURE))
    return got


@pytest.fixture(scope="module")
def kserve(ask: Ask, server: Served) -> dict[str, Any]:
    """What KServe's client is answered."""
    got: dict[str, Any] = ask("kserve_rest.py", server.url.rstrip("/"), str(PICTURE))
    return got


def test_tritonclient_is_answered(triton):
    assert (triton["live"], triton["ready"], triton["model ready"]) == (True, True, True)
    assert (triton["server"]["name"], triton["server"]["version"]) == ("deepaas", __version__)
    assert {"statistics", "model_repository", "generate"} <= {*triton["server"]["extensions"]}
    assert triton["metadata"]["inputs"][0] == {
        "name": "image",
        "datatype": "FP32",
        "shape": [-1, 3],
    }
    # Packed and in JSON, by themselves and compressed in two ways.
    assert triton["scaled"] == [[[0.0, 3.0, 6.0], [9.0, 12.0, 15.0]]] * 6
    assert (triton["id"], triton["large"]) == ("eight", 6000.0)
    assert triton["greeted"] == "hello you you you"
    assert triton["old"] == {"said": ["a"], "tags": {"all": []}}
    assert triton["digit"] == 7


def test_tritonclient_is_refused_with_a_status_and_words(triton):
    assert triton["unknown model"][0] == "404"
    assert NOBODY in triton["unknown model"][1]
    assert triton["wrong tensor"][0] == "400"
    assert "no input 'picture'" in triton["wrong tensor"][1]
    assert triton["wrong shape"] == ["400", "image: Must have the shape (any, 3), not (2, 2)."]
    assert triton["failure"] == ["500", "model 'fail' failed in predict: ValueError: no"]
    assert triton["shared memory"][0] == "404"


def test_tritonclient_loads_and_unloads_models_and_reads_statistics(triton):
    assert triton["index"]["old"] == "READY"
    assert triton["unloaded"]["old"] == "UNAVAILABLE"
    assert triton["statistics"]["name"] == "fail"
    assert triton["statistics"]["inference_stats"]["fail"]["count"] >= 1
    assert triton["all statistics"] == len(triton["index"])


def test_the_asyncio_variant_of_tritonclient_is_answered(ask: Ask, address):
    got = ask("triton_http_aio.py", address)
    assert (got["live"], got["ready"], got["metadata"]["name"]) == (True, True, "greet")
    assert got["means"] == [[float(factor)] for factor in range(10) for _ in range(2)]
    assert got["unknown model"][0] == "404"
    assert NOBODY in got["unknown model"][1]


def test_the_client_of_kserve_is_answered_by_the_first_protocol(kserve):
    got = kserve["v1"]
    assert (got["live"], got["model ready"]) == (True, True)
    assert got["greeted"] == ["hello you", "hello me me"]
    assert got["scaled"] == [{"scaled": [[2.0, 4.0, 6.0]], "mean": 4.0, "bright": True}]
    assert got["old"] == [{"said": ["a", "a"], "tags": {"all": []}}]
    assert got["digit"] == 7


def test_the_client_of_kserve_tells_why_it_is_refused_by_the_first_protocol(kserve):
    got = kserve["v1"]
    assert (got["unknown model"][0], NOBODY in got["unknown model"][1]) == (404, True)
    assert got["invalid"][0] == 400
    assert "instance 1: times: Not a valid integer." in got["invalid"][1]
    assert got["failure"][0] == 500
    assert "model 'fail' failed in predict: ValueError: no" in got["failure"][1]
    assert (got["explain"][0], "no explainer" in got["explain"][1]) == (501, True)


def test_the_client_of_kserve_is_answered_by_the_second_protocol(kserve):
    got = kserve["v2"]
    assert (got["live"], got["ready"], got["model ready"]) == (True, True, True)
    assert got["packed"] == got["plain"] == [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]
    assert (got["unknown model"][0], NOBODY in got["unknown model"][1]) == (404, True)


def test_open_inference_openapi_is_answered(ask: Ask, server: Served):
    got = ask("openapi_rest.py", server.url.rstrip("/"))
    assert (got["server"], got["inputs"]) == ("deepaas", ["name", "times", "style"])
    assert got["greeted"] == ['"hello you"']
    assert json.loads(got["counted"][0]) == [{"number": 0}, {"number": 1}]
    assert json.loads(got["old"][0])["said"] == ["hello"] * 3
    assert (got["unknown model"][0], NOBODY in got["unknown model"][1]) == (404, True)


def test_curl_is_answered(server: Served):
    def curl(path: str, *options: str) -> Any:
        command = ["curl", "-s", "-m", str(SECONDS), *options, f"{server.url.rstrip('/')}{path}"]
        return json.loads(subprocess.check_output(command, timeout=SECONDS))

    picture = base64.b64encode(PICTURE.read_bytes()).decode()
    body = json.dumps({"instances": [{"data": {"b64": picture}}]})
    (digit,) = curl("/v1/models/digits:predict", "-d", body)["predictions"]
    assert digit["label"] == 7
    raw = ("-H", "Inference-Header-Content-Length: 0", "--data-binary", f"@{PICTURE}")
    path = "/v2/models/digits/infer"
    command = ["curl", "-s", "-m", str(SECONDS), *raw, f"{server.url.rstrip('/')}{path}"]
    assert b'"label":7' in subprocess.check_output(command, timeout=SECONDS)
    assert curl("/v2/models/greet/generate", "-d", '{"text_input": "you"}') == {
        "model_name": "greet",
        "text_output": "hello you",
    }
    assert curl("/")["status"] == "alive"
