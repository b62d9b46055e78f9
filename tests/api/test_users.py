"""Users of a provider of OpenID Connect at each door, beside holders of tokens."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import aiohttp
import grpc
import pytest
import trustme

from deepaas.api.document import build_document
from deepaas.settings import Settings
from deepaas.trust import Trust
from tests.api.kserve.rpc.conftest import dial, dial_loaded  # noqa: F401 - fixtures
from tests.auth.holders import shows, write_file
from tests.auth.issuing import Issuer, written
from tests.conftest import address_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PREDICT, TRAIN = "/v2/models/echo/predict/", "/v2/models/secretive/train/"
OK, DENIED, UNKNOWN = (
    grpc.StatusCode.OK,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
)
INFER = "/v2/models/echo/infer"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def issuer(authority):
    with Issuer(authority).running() as running:
        yield running


@pytest.fixture
async def serving(issuer, authority, dial, tmp_path):  # noqa: F811
    """Serve models to those who have tokens, and to users: clients over gRPC and HTTP, tokens."""
    tokens = write_file(tmp_path / "tokens")
    grants = {"predict": ("readers",), "train": ("trainers",), "admin": ("admins",)}
    with written(authority, tmp_path) as ca_file:
        trust = Trust((issuer.url,), grants, ca_file=ca_file)

        async def serve_one(model):
            rpc = await dial(model, tokens_file=str(tmp_path / "tokens"), trust=trust)
            http = await stack.enter_async_context(aiohttp.ClientSession(address_of(rpc.runner)))
            return rpc, http, tokens

        async with AsyncExitStack() as stack:
            yield serve_one


async def test_users_and_holders_of_tokens_ask_at_each_door(issuer, serving):
    rpc, http, tokens = await serving("echo")
    tensors = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a"]}]}

    async def asked_as(token):
        """Return what REST, and the Open Inference Protocol over HTTP and gRPC, answer."""
        answers = []
        for path, body in ((PREDICT, None), (INFER, json.dumps(tensors))):
            async with http.post(path, data=body, headers=shows(token)) as response:
                challenge = response.headers.get("WWW-Authenticate")
                answers.append((response.status, challenge, (await response.json()).get("error")))
        try:
            await rpc.infer("echo", {"text": "a"}, metadata=[("authorization", f"Bearer {token}")])
            answers.append((OK, None, None))
        except grpc.aio.AioRpcError as error:
            answers.append((error.code(), None, error.details()))
        return answers

    reads = issuer.opaque("maria", groups=["readers"])
    fine = [(200, None, None), (200, None, None), (OK, None, None)]
    assert await asked_as(reads) == fine
    assert await asked_as(tokens["predicts"]) == fine

    words = (
        f"this needs the scope 'predict:echo', which oidc:rosa@{issuer.url} has not: it needs one "
        "of readers among its eduperson_entitlement, entitlements, groups"
    )
    lacks = 'Bearer error="insufficient_scope", scope="predict"'
    denied = [(403, lacks, words), (403, lacks, words), (DENIED, None, words)]
    assert await asked_as(issuer.token("rosa", groups=["trainers"])) == denied

    for wrong in ("dp_wrong", "wrong"):
        statuses = [(one, challenge) for one, challenge, _ in await asked_as(wrong)]
        invalid = 'Bearer error="invalid_token"'
        assert statuses == [(401, invalid), (401, invalid), (UNKNOWN, None)]
    # What is known at one door is known at all; tokens of this server go nowhere.
    assert issuer.asked["/userinfo"] == 3

    async with http.post(PREDICT) as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "or an access token of OpenID Connect" in (await response.json())["error"]

    issuer.instead["/userinfo"] = ("503 Service Unavailable", {})
    answers = await asked_as(issuer.opaque("pia", groups=["readers"]))
    assert [one for one, _, _ in answers] == [503, 503, grpc.StatusCode.UNAVAILABLE]
    assert {words[: len(issuer.url)] for _, _, words in answers} == {issuer.url}
    assert await asked_as(tokens["predicts"]) == fine
    assert await asked_as(reads) == fine
    issuer.instead.clear()


async def test_trainings_belong_to_users(issuer, serving):
    _, http, tokens = await serving("secretive")
    maria, rosa = (shows(issuer.token(one, groups=["trainers"])) for one in ("maria", "rosa"))
    admin = shows(issuer.opaque("root", groups=["admins"]))
    async with http.post(TRAIN, headers=maria) as response:
        path = TRAIN + (await response.json())["uuid"]
    for headers, status in ((maria, 200), (rosa, 404), (shows(tokens["trains"]), 404)):
        async with http.get(path, headers=headers) as response:
            assert response.status == status
    async with http.get(f"{path}?details=1", headers=admin) as response:
        assert (await response.json())["caller"] == f"oidc:maria@{issuer.url}"


def test_the_document_tells_whose_tokens_count():
    settings = Settings(trust=Trust(("https://op.example",), {"predict": ("*",)}))
    document = json.loads(build_document(settings, [], []))
    (scheme,) = document["securityDefinitions"].values()
    assert (scheme["in"], scheme["name"]) == ("header", "Authorization")
    assert "access tokens count that are issued by https://op.example" in scheme["description"]
