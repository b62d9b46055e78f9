"""Who may do what over HTTP: a real server, of the holders of tokens in a file."""

from __future__ import annotations

import re

import pytest
import requests

from deepaas.api.access import ANY, OPEN, ROUTES, RPC, needs_of
from deepaas.api.app import build_app
from deepaas.client import AccessDenied, Client
from deepaas.settings import Settings
from deepaas.testing import serve as serve_process
from tests.auth.holders import shows, write_file

TRAIN = "/v2/models/secretive/train/"
UNKNOWN = 32 * "0"
# Where the answer is of KServe's form, without a second name for the text.
INFERENCE = re.compile(
    r"/v1/|/(infer|generate|generate_stream|stats|versions/.*|load|unload|index)$"
)


@pytest.fixture(scope="module")
def holders(tmp_path_factory):
    """The file of tokens, and the tokens by name."""
    path = tmp_path_factory.mktemp("tokens") / "tokens"
    return path, write_file(path)


@pytest.fixture(scope="module")
def tokens(holders):
    return holders[1]


@pytest.fixture(scope="module")
def url(holders):
    """The address of a server of two models."""
    models = ("tests.models.echo", "tests.models.secretive")
    with serve_process(*models, tokens_file=holders[0], debug_endpoint=True) as served:
        yield served.url


@pytest.fixture
def ask(url, tokens):
    """Ask as the holder of a token, or as nobody."""

    def ask_as(name, method, path, **options):
        headers = shows(tokens[name]) if name else {}
        headers |= options.pop("headers", {})
        return requests.request(method, url + path, headers=headers, timeout=60, **options)

    return ask_as


@pytest.fixture
def train(ask):
    """Start a training as the holder of a token, and wait for its end; return its path."""

    def train_as(name, **arguments):
        started = ask(name, "POST", TRAIN, params=arguments)
        assert started.status_code == 200, started.text
        path = f"{TRAIN}{started.json()['uuid']}"
        assert ask(name, "GET", f"{path}/events").status_code == 200
        return path

    return train_as


def concrete(route):
    """Return method and path of a route that is asked for a model and a training."""
    method, path = route.split(" ")
    path = path.replace("{model}", "echo").replace("{uuid}", UNKNOWN)
    path = path.replace("{version}", "1").replace("/api/static/{name}", "/api/static/start.js")
    return method, path.replace("{name}", "weights")


@pytest.mark.parametrize(("root", "base"), [("/v2", ""), ("/v2", "/p"), ("", "")])
def test_each_route_is_in_the_table_and_each_row_is_a_route(root, base):
    settings = Settings(base_path=base, debug_endpoint=True)
    app = build_app(settings, [], root)
    listed = set()
    for route, need in needs_of(app, base).items():
        method = "GET" if route.method == "HEAD" else route.method
        path = route.resource.canonical.removeprefix(base).rstrip("/") or "/"
        names = [one for one in (f"{method} {path}", f"{method} /v2{path}") if one in ROUTES]
        assert names, f"{method} {path} is not in ROUTES of deepaas/api/access.py"
        assert ROUTES[names[0]] == need
        listed.add(names[0])
        if "{uuid}" in path:
            assert need.own, f"{method} {path} shows trainings of others"
    if root:
        assert listed == set(ROUTES)


def test_each_method_of_grpc_is_in_the_table():
    messages = pytest.importorskip("deepaas.api.kserve.rpc.inference_pb2")
    service = messages.DESCRIPTOR.services_by_name["GRPCInferenceService"]
    assert {one.name for one in service.methods} == set(RPC)


@pytest.mark.parametrize("route", [name for name, need in ROUTES.items() if not need.token])
def test_what_is_open_answers_without_a_token_and_with_a_wrong_one(ask, route):
    for headers in ({}, shows("dp_wrong"), {"Authorization": "nonsense"}):
        answer = ask(None, *concrete(route), headers=headers, allow_redirects=False)
        assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("route", [name for name, need in ROUTES.items() if need.token])
def test_what_is_not_open_is_refused_without_a_token(ask, route):
    method, path = concrete(route)
    answer = ask(None, method, path)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    said = answer.json()
    assert said["error"] == "this needs a token, in a header 'Authorization: Bearer dp_...'"
    assert set(said) == ({"error"} if INFERENCE.search(path) else {"error", "message"})


@pytest.mark.parametrize("route", [one for one, need in ROUTES.items() if need not in (OPEN, ANY)])
def test_a_scope_that_is_missing_is_named(ask, route):
    method, path = concrete(route)
    scope = ROUTES[route].scope.value
    holder = "scrapes" if scope != "metrics" else "predicts"
    answer = ask(holder, method, path)
    assert answer.status_code == 403
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    assert answer.headers["WWW-Authenticate"] == challenge
    missing = f"{scope}:echo" if "echo" in path else scope
    assert answer.json()["error"] == (
        f"this needs the scope '{missing}', which token:{holder} has not"
    )


@pytest.mark.parametrize("route", [name for name, need in ROUTES.items() if need.token])
def test_an_administrator_gets_past_every_guard(ask, route):
    method, path = concrete(route)
    assert ask("admin", method, path).status_code not in (401, 403)
    if path.endswith("/unload"):
        ask("admin", method, path.replace("/unload", "/load"))


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (shows("dp_wrong"), "not known here, or was revoked"),
        ({"Authorization": ""}, "must be 'Bearer' and a token"),
        ({"Authorization": "Bearer"}, "must be 'Bearer' and a token"),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, "must be 'Bearer' and a token"),
        ({"Authorization": "Bearer a b"}, "must be 'Bearer' and a token"),
        ({"Authorization": "Bearer " + 4000 * "x"}, "not known here"),
    ],
)
def test_what_is_no_token_is_refused(ask, headers, words):
    answer = ask(None, "POST", "/v2/models/echo/predict/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert words in answer.json()["message"]


def test_a_token_that_has_expired_is_refused(ask):
    answer = ask("late", "POST", "/v2/models/echo/predict/")
    assert (answer.status_code, answer.json()["error"]) == (401, "the token 'late' has expired")


def test_a_token_in_the_url_does_not_count(ask, tokens):
    for name in ("token", "access_token", "Authorization"):
        params = {name: tokens["admin"]}
        assert ask(None, "POST", "/v2/models/echo/predict/", params=params).status_code == 401


def test_who_may_predict_predicts_and_no_more(ask):
    answer = ask("predicts", "POST", "/v2/models/echo/predict/", params={"text": "hello"})
    assert answer.json()["predictions"]["text"] == "hello"
    assert ask("predicts", "POST", TRAIN).status_code == 403


def test_a_scope_of_one_model_is_of_no_other(ask):
    assert ask("echoes", "POST", "/v2/models/echo/predict/").status_code == 200
    answer = ask("echoes", "POST", "/v2/models/secretive/predict/")
    assert answer.status_code == 403
    assert "'predict:secretive'" in answer.json()["message"]
    # What is not there is not told of to those who may not ask it.
    assert ask("echoes", "POST", "/v2/models/none/predict/").status_code == 403
    assert ask("predicts", "POST", "/v2/models/none/predict/").status_code == 404


def test_any_token_lists_the_models(ask):
    models = ask("scrapes", "GET", "/v2/models/").json()["models"]
    assert [one["id"] for one in models] == ["echo", "secretive"]


ABOUT = [
    ("GET", ""),
    ("GET", "/events"),
    ("GET", "/log"),
    ("GET", "/metrics"),
    ("GET", "/artifacts"),
    ("GET", "/artifacts/weights"),
    ("POST", "/resume"),
    ("POST", "/promote"),
    ("DELETE", "/promote"),
    ("DELETE", ""),
]


def test_trainings_of_others_are_as_if_they_were_not_there(ask, train):
    mine, theirs = train("trains"), train("trains-too")
    ids = [one["uuid"] for one in ask("trains", "GET", TRAIN).json()]
    assert mine.rpartition("/")[2] in ids
    assert theirs.rpartition("/")[2] not in ids
    for method, path in ABOUT:
        answer = ask("trains", method, f"{theirs}{path}")
        there = ask("trains", method, f"{TRAIN}{UNKNOWN}{path}")
        uuid = theirs.rpartition("/")[2]
        assert (answer.status_code, answer.text.replace(uuid, UNKNOWN)) == (404, there.text)
    assert ask("trains-too", "GET", theirs).json()["status"] == "done"


def test_an_administrator_sees_and_ends_the_trainings_of_all(ask, train):
    path = train("trains")
    ids = [one["uuid"] for one in ask("admin", "GET", TRAIN).json()]
    assert path.rpartition("/")[2] in ids
    assert ask("admin", "GET", f"{path}?details=1").json()["caller"] == "token:trains"
    assert ask("admin-of-echo", "GET", path).status_code == 403
    assert ask("admin", "DELETE", path).status_code == 200
    assert ask("trains", "GET", path).status_code == 404


def test_the_password_of_a_training_is_neither_shown_nor_kept(ask, train):
    path = train("trains", key="hunter2", fail="true")
    shown = [ask("trains", "GET", one).text for one in (TRAIN, path, f"{path}/log")]
    assert "hunter2" not in "".join(shown)
    assert ask("trains", "GET", path).json()["args"] == {"key": "********", "fail": True}
    again = ask("trains", "POST", f"{path}/resume")
    assert again.status_code == 409
    assert "key was not kept, since it is a password" in again.json()["message"]


def test_a_training_that_was_not_sent_its_password_can_be_resumed(ask, train):
    path = train("trains", fail="true")
    assert ask("trains", "POST", f"{path}/resume").status_code == 200
    assert ask("trains", "GET", f"{path}/events").status_code == 200


def test_the_document_says_what_needs_a_token(ask):
    document = ask(None, "GET", "/swagger.json").json()
    (scheme,) = document["securityDefinitions"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Authorization")
    paths = document["paths"]
    predict = paths["/v2/models/echo/predict/"]["post"]
    assert predict["security"] == [{"token": []}]
    assert {"401", "403"} < set(predict["responses"])
    assert "security" not in paths["/v2/health/live"]["get"]
    assert "security" not in paths["/v2/models/echo/ready"]["get"]
    assert "403" not in paths["/v2/models/"]["get"]["responses"]


def test_the_client_shows_its_token(url, tokens, monkeypatch):
    monkeypatch.delenv("DEEPAAS_TOKEN", raising=False)
    with Client(url) as client, pytest.raises(AccessDenied, match="this needs a token"):
        client.predict("echo", text="a")
    with Client(url, token=tokens["predicts"]) as client:
        assert client.predict("echo", text="a").value["text"] == "a"
        with pytest.raises(AccessDenied, match="scope 'train:secretive'"):
            client.model("secretive").train({})


def test_the_client_shows_the_token_of_the_environment(url, tokens, monkeypatch):
    monkeypatch.setenv("DEEPAAS_TOKEN", tokens["predicts"])
    with Client(url) as client:
        assert client.predict("echo", text="a").value["text"] == "a"
    with Client(url, headers={"authorization": "Basic abc"}) as client, pytest.raises(AccessDenied):
        client.predict("echo", text="a")


async def test_without_authentication_the_document_asks_for_nothing(serve):
    client = await serve("echo")
    async with client.get("/swagger.json", headers={"Authorization": "nonsense"}) as response:
        document = await response.json()
    assert "securityDefinitions" not in document
    assert "401" not in str(document)
