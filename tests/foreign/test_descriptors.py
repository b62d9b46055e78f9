"""The messages of gRPC are those that clients have built in, field by field."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.foreign.conftest import HERE, Ask

OURS = "deepaas.api.kserve.rpc.inference_pb2"
CLIENTS = {
    "tritonclient": "tritonclient.grpc.service_pb2",
    "kserve": "kserve.protocol.grpc.grpc_predict_v2_pb2",
}
# Where the two differ from each other: what one sends, the other reads as another field.
DIFFERENT = {
    "inference.RepositoryModelLoadRequest": {"model_name"},
    "inference.RepositoryModelUnloadRequest": {"model_name"},
}
# What is told by nobody here.
LEFT_OUT = {"inference.ModelStatistics": {"memory_usage", "response_stats"}}
# Only one of them has these.
ADDED = {
    "inference.RepositoryModelLoadResponse": {"model_name", "isLoaded"},
    "inference.RepositoryModelUnloadResponse": {"model_name", "isUnloaded"},
    "inference.InferParameter": {"double_param", "uint64_param"},
}


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    """What the server's module holds, read as the clients' are."""
    script = HERE / "scripts" / "descriptors.py"
    ended = subprocess.run([sys.executable, script, OURS], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_messages_have_the_fields_of_the_client(ask: Ask, ours, client):
    theirs = ask("descriptors.py", CLIENTS[client])["messages"]
    shared = theirs.keys() & ours["messages"].keys()
    assert {"inference.ModelInferRequest", "inference.InferTensorContents"} <= shared
    for name in shared:
        expected, given = theirs[name], ours["messages"][name]
        different = DIFFERENT.get(name, set()) if client == "kserve" else set()
        for field in expected.keys() - LEFT_OUT.get(name, set()) - different:
            assert (name, field, given.get(field)) == (name, field, expected[field])
        more = given.keys() - expected.keys() - ADDED.get(name, set())
        # Of these two, KServe's are a part of Triton's.
        assert client == "kserve" or (name, more) == (name, set())


@pytest.mark.parametrize("client", CLIENTS)
def test_calls_have_the_messages_of_the_client(ask: Ask, ours, client):
    (theirs,) = ask("descriptors.py", CLIENTS[client])["services"].values()
    given = ours["services"]["inference.GRPCInferenceService"]
    for name in theirs.keys() & given.keys():
        assert (name, given[name]) == (name, theirs[name])
    if client == "tritonclient":
        assert given.keys() <= theirs.keys()
    else:
        assert theirs.keys() <= given.keys()
