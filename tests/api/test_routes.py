"""Which paths there are, and what they answer."""

import re

from tests.api.asking import ask, get, predict

SELF = {"rel": "self", "type": "application/json", "href": "/v2/"}
V2 = {"version": "stable", "id": "v2", "links": [SELF]}
HELP = {"rel": "help", "type": "text/html", "href": "/api"}
ECHO = "/v2/models/echo/"
DOCUMENT = {"rel": "describedby", "type": "application/json", "href": "/swagger.json"}


async def test_the_root_lists_versions_and_links_to_the_documentation(serve):
    client = await serve("echo")
    told = (await get(client, "/")).json
    assert told == {"versions": [V2], "links": [HELP, DOCUMENT], "status": "alive"}
    assert (await get(client, "/v2/")).json == V2


async def test_models_are_listed_with_all_that_they_say_of_themselves(serve):
    client = await serve("echo", "unfinished", "bare")
    listed = (await get(client, "/v2/models/")).json
    assert set(listed) == {"models"}
    echo, unfinished, bare = listed["models"]
    assert echo == {
        "id": "echo",
        "name": "echo",
        "links": [{"rel": "self", "href": "/v2/models/echo"}],
        "author": "the tests",
        "version": "1",
    }
    assert unfinished == {
        "id": "other",
        "name": "unfinished",
        "links": [],
        "tags": ["a", "b"],
        "date": "2024-02-29",
    }
    assert bare["id"] == bare["name"] == "bare"
    assert bare["links"] == [{"rel": "self", "href": "/v2/models/bare"}]
    assert bare["description"] == "Predicts, without arguments, and offers nothing else."
    for model in listed["models"]:
        one = (await get(client, f"/v2/models/{model['name']}/")).json
        # What clients of the Open Inference Protocol look for is there beside.
        assert one == {**one, **model}
        assert set(one) >= {"platform", "inputs", "outputs"}


async def test_a_model_that_cannot_describe_itself_hides_no_other(serve):
    client = await serve("nameless", "echo")
    listed = (await get(client, "/v2/models/")).json["models"]
    assert [model["name"] for model in listed] == ["nameless", "echo"]
    answer = await get(client, "/v2/models/nameless/")
    assert answer.status == 500
    assert "'nameless'" in answer.message
    assert "no package of this name is installed" in answer.message
    assert (await predict(client, "nameless")).predictions == 1


async def test_head_answers_like_get_without_a_body(serve):
    client = await serve("echo")
    training = (await ask(client, "POST", f"{ECHO}train/", params={"seconds": "60"})).json["uuid"]
    for path in (
        *("/v2/health/live", "/v2/health/ready/"),
        *("/", "/v2/", "/v2/models/", "/v2/debug/", "/swagger.json"),
        *(ECHO, f"{ECHO}train/", f"{ECHO}train/{training}"),
        *("/api", "/ui", "/api/static/swagger-ui.css"),
    ):
        whole, head = await get(client, path), await ask(client, "HEAD", path)
        assert head.status == whole.status < 400
        assert head.body == b""
        for name in ("Content-Type", "Content-Length", "Location"):
            assert head.headers.get(name) == whole.headers.get(name)


async def test_a_missing_trailing_slash_is_forgiven_and_the_query_kept(serve):
    client = await serve("echo")
    for path in ("/v2/models", "/v2/models/echo", "/v2/models/echo/train", "/v2/debug"):
        bare, slashed = await get(client, path), await get(client, f"{path}/")
        assert bare.status == slashed.status < 300
        assert bare.body == slashed.body
    answer = await ask(client, "POST", "/v2/models/echo/predict?text=kept&number=7")
    assert (answer.predictions["text"], answer.predictions["number"]) == ("kept", 7)
    answer = await ask(client, "POST", "/v2/models/echo/train?seconds=0.25")
    assert answer.json["args"] == {"seconds": 0.25}
    uuid = answer.json["uuid"]
    for path in (f"/v2/models/echo/train/{uuid}", f"/v2/models/echo/train/{uuid}/"):
        assert (await get(client, path)).json["uuid"] == uuid


async def test_a_wrong_method_is_refused_with_those_that_work(serve):
    client = await serve("echo")
    for method, path, allowed in (
        ("GET", "/v2/models/echo/predict/", {"POST"}),
        ("PUT", "/v2/models/echo/train/", {"GET", "HEAD", "POST"}),
        ("POST", "/v2/models/echo/train/0", {"DELETE", "GET", "HEAD"}),
        ("POST", "/v2/models/", {"GET", "HEAD"}),
        ("DELETE", "/", {"GET", "HEAD"}),
        ("POST", "/swagger.json", {"GET", "HEAD"}),
    ):
        answer = await ask(client, method, path)
        assert answer.status == 405
        assert set(re.split(", *", answer.headers["Allow"])) == allowed
        assert method in answer.message


async def test_an_unknown_path_or_model_is_404(serve):
    client = await serve("echo")
    for path in (
        "/nothing",
        "/v3/",
        "/v2/nothing",
        "/v2/models/echo/train/0/nothing",
        "/p/v2/",
        "/api/static/no.js",
    ):
        answer = await get(client, path)
        assert answer.status == 404
        assert path in answer.message
    for method, path in (("GET", ""), ("GET", "train/"), ("POST", "train/"), ("POST", "predict/")):
        answer = await ask(client, method, f"/v2/models/nobody/{path}")
        assert answer.status == 404
        assert "nobody" in answer.message


async def test_the_template_of_the_page_is_no_page(serve):
    client = await serve("echo")
    answer = await get(client, "/api/static/index.html")
    assert answer.status == 404
    assert "/api/static/index.html" in answer.message


async def test_static_files_lead_nowhere_else(serve):
    client = await serve("echo")
    root = (await get(client, "/")).url
    for name in ("..%2Fapp.py", "%2e%2e%2fapp.py", "..%2f..%2fapi%2fapp.py", "%2e%2e", "."):
        url = root.with_path(f"/api/static/{name}", encoded=True)
        assert (await get(client, url)).status == 404


async def test_all_paths_and_links_move_under_the_base_path(serve):
    client = await serve("echo", base_path="/p/q")
    root = (await get(client, "/p/q")).json
    assert (await get(client, "/p/q/")).json == root
    assert [link["href"] for link in root["links"]] == ["/p/q/api", "/p/q/swagger.json"]
    assert root["versions"][0]["links"][0]["href"] == "/p/q/v2/"
    model = (await get(client, "/p/q/v2/models/echo")).json
    assert model["links"][0]["href"] == "/p/q/v2/models/echo"
    answer = await ask(client, "POST", "/p/q/v2/models/echo/predict/")
    assert answer.predictions["text"] == "hello"
    assert (await get(client, "/p/q/ui")).headers["Location"] == "/p/q/api"
    paths = (await get(client, "/p/q/swagger.json")).json["paths"]
    assert "/p/q/v2/models/echo/predict/" in paths
    assert all(path.startswith("/p/q/") for path in paths)
    for path in ("/", "/v2/", "/swagger.json", "/api", "/p/"):
        assert (await get(client, path)).status == 404


async def test_disabled_endpoints_answer_402_and_are_absent_from_the_document(serve):
    client = await serve("echo", predict_endpoint=False, train_endpoint=False)
    answer = await predict(client, "echo")
    assert answer.status == 402
    assert "predict" in answer.message
    for method, path in (
        ("POST", "train/"),
        ("GET", "train/"),
        ("GET", "train/0"),
        ("DELETE", "train/0"),
    ):
        answer = await ask(client, method, f"/v2/models/echo/{path}")
        assert answer.status == 402
        assert "train" in answer.message
    paths = (await get(client, "/swagger.json")).json["paths"]
    assert not [path for path in paths if "predict" in path or "train" in path]
    assert "/v2/models/echo/" in paths


async def test_one_disabled_endpoint_leaves_the_other(serve):
    client = await serve("echo", train_endpoint=False)
    assert (await predict(client, "echo")).status == 200
    assert (await get(client, "/v2/models/echo/train/")).status == 402
    paths = (await get(client, "/swagger.json")).json["paths"]
    assert "/v2/models/echo/predict/" in paths
    assert not [path for path in paths if "train" in path]


async def test_without_documentation_there_is_no_page_and_no_link_to_one(serve):
    client = await serve("echo", doc_endpoint=False)
    assert (await get(client, "/")).json["links"] == [DOCUMENT]
    for path in ("/api", "/ui", "/api/static/swagger-ui.css"):
        assert (await get(client, path)).status == 404
    assert (await get(client, "/swagger.json")).status == 200


async def test_ui_leads_to_the_page(serve):
    client = await serve("echo")
    for path in ("/ui", "/ui/"):
        answer = await get(client, path)
        assert (answer.status, answer.headers["Location"]) == (302, "/api")


async def test_the_page_is_whole_with_what_this_server_holds(serve):
    client = await serve("echo")
    page = await get(client, "/api")
    assert page.content_type == "text/html"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert "/swagger.json" in page.text
    assert {path.rpartition(".")[2] for path in needed} == {"css", "js", "png", "json"}
    for path in needed:
        assert path.startswith("/")
        assert (await get(client, path)).status == 200
