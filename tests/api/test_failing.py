"""Models that fail: callers hear of it, and the server goes on."""

import asyncio
import time

import pytest

from tests.api.asking import ask, get, predict

# No failure hangs, in seconds.
DEADLINE = 60.0


async def failed(client, how):
    """Return the answer of a model that fails."""
    async with asyncio.timeout(DEADLINE):
        return await predict(client, "failing", params={"how": how})


# How a model fails, and words of what is said.
RAISED = (
    ("raise", ["ZeroDivisionError", "division by zero"]),
    ("unpicklable", ["Unpicklable", "held by a lock"]),
    ("mute", ["Mute"]),
    ("recursion", ["RecursionError"]),
    ("memory", ["MemoryError"]),
    ("system_exit", ["SystemExit", "3"]),
    ("interrupt", ["KeyboardInterrupt"]),
    ("lock", ["lock", "JSON"]),
)


async def test_a_model_that_raises_is_a_500_that_says_what_and_its_worker_lives(serve):
    client = await serve("failing")
    process = (await predict(client, "failing")).predictions
    for how, words in RAISED:
        answer = await failed(client, how)
        assert answer.status == 500, how
        for word in ("'failing'", "predict", *words):
            assert word in answer.message
        for secret in ("Traceback", "failing.py", "line "):
            assert secret not in answer.text
        assert (await predict(client, "failing")).predictions == process, how


@pytest.mark.parametrize(("how", "word"), [("exit", "exit code 3"), ("segfault", "SIGSEGV")])
async def test_a_worker_that_dies_is_a_500_within_a_second_and_is_replaced(serve, how, word):
    client = await serve("failing")
    process = (await predict(client, "failing")).predictions
    began = time.monotonic()
    answer = await failed(client, how)
    assert time.monotonic() - began < 1
    assert answer.status == 500
    assert "'failing'" in answer.message
    assert word in answer.message
    replaced = (await predict(client, "failing")).predictions
    assert replaced != process


async def test_what_is_not_implemented_is_a_501(serve):
    client = await serve("failing", "unfinished", "bare")
    answer = await failed(client, "not_implemented")
    assert answer.status == 501
    assert "'failing'" in answer.message
    assert "only for images" in answer.message
    answer = await predict(client, "unfinished")
    assert answer.status == 501
    assert "ask again next year" in answer.message
    answer = await ask(client, "POST", "/v2/models/bare/train/")
    assert answer.status == 501
    assert "'bare' has no train function" in answer.message


async def test_where_no_model_trains_asking_for_trainings_is_answered_too(serve):
    client = await serve("bare")
    one = "/v2/models/bare/train/1"
    for method, path in (
        ("GET", "/v2/models/bare/train"),
        *(("GET", one), ("DELETE", one), ("POST", f"{one}/resume")),
        *(("POST", f"{one}/promote"), ("DELETE", f"{one}/promote")),
        *(("GET", f"{one}/{what}") for what in ("events", "log", "metrics", "artifacts")),
        ("GET", f"{one}/artifacts/a"),
    ):
        answer = await ask(client, method, path)
        assert (answer.status, answer.message) == (501, "model 'bare' has no train function")


# What a model raises, and the answer's status, reason and message.
HTTP_ERRORS = (
    ("bad_request", 400, "too many pixels", "too many pixels"),
    ("exception", 400, "no such layer", "no such\nlayer"),
    ("text", 409, "Conflict", "another one runs"),
    ("base", 500, "out of range", "out of range"),
    ("unavailable", 503, "loading", "loading"),
)


async def test_an_http_error_of_the_model_reaches_the_caller(serve):
    client = await serve("failing")
    for how, status, reason, message in HTTP_ERRORS:
        answer = await failed(client, how)
        assert (answer.status, answer.reason, answer.message) == (status, reason, message)
        assert answer.headers.get("Retry-After") == ("5" if how == "unavailable" else None)


async def test_a_status_that_has_no_name_reaches_the_caller(serve):
    client = await serve("failing")
    assert (await failed(client, "teapot")).status == 418


async def test_a_reason_of_several_lines_makes_no_header(serve):
    client = await serve("failing")
    answer = await failed(client, "lines")
    assert answer.status == 422
    assert answer.reason == "first line Set-Cookie: second=line third"
    assert answer.message == "first line\r\nSet-Cookie: second=line\n\nthird"
    assert "Set-Cookie" not in answer.headers


async def test_characters_that_no_header_can_hold_do_not_break_the_answer_off(serve):
    client = await serve("failing")
    answer = await failed(client, "control")
    assert (answer.status, answer.reason) == (400, "a b größer 猫")
    answer = await failed(client, "header")
    assert (answer.status, answer.headers["X-Odd"]) == (400, "a b")


async def test_headers_of_a_model_do_not_reach_the_connection(serve):
    client = await serve("failing")
    answer = await failed(client, "framing")
    assert (answer.status, answer.message, answer.headers["X-Good"]) == (400, "no", "yes")
    usual = set((await get(client, "/")).headers)
    assert set(answer.headers) == {"X-Good", *usual}


async def test_text_that_is_no_unicode_does_not_hide_the_failure(serve):
    client = await serve("failing")
    answer = await failed(client, "surrogate")
    assert answer.status == 500
    assert "no such file: \\udcff.png" in answer.message


async def test_a_redirect_of_the_model_reaches_the_caller(serve):
    client = await serve("failing")
    answer = await failed(client, "redirect")
    assert (answer.status, answer.headers["Location"]) == (302, "https://example.org/elsewhere")


async def test_failures_beside_each_other_answer_each_caller(serve):
    client = await serve("failing", workers=2)
    ways = ["raise", "exit", "fine", "segfault", "bad_request"] * 4
    # Each waits for the workers that those before it have ended.
    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(predict(client, "failing", params={"how": how}) for how in ways)
        )
    wanted = {"fine": 200, "bad_request": 400}
    assert [answer.status for answer in answers] == [wanted.get(how, 500) for how in ways]


async def test_an_http_error_of_get_metadata_reaches_the_caller_whatever_its_reason(serve):
    client = await serve("shy")
    answer = await ask(client, "GET", "/v2/models/shy/")
    assert (answer.status, answer.message) == (400, "no such file")
    answer = await ask(client, "GET", "/v2/models/")
    assert [model["id"] for model in answer.json["models"]] == ["shy"]


async def test_get_metadata_that_exits_ends_nothing(serve):
    client = await serve("shy:Leaving")
    answer = await ask(client, "GET", "/v2/models/shy:Leaving/")
    assert answer.status == 500
    assert "SystemExit: 2" in answer.message
    assert (await ask(client, "GET", "/v2/models/")).status == 200


async def test_metadata_that_are_no_json_do_not_hide_other_models(serve):
    client = await serve("describing:Bad", "describing:Good")
    bad, good = (await ask(client, "GET", "/v2/models/")).json["models"]
    assert (bad["id"], good["author"]) == ("describing:Bad", "the tests")
    answer = await ask(client, "GET", "/v2/models/describing:Bad/")
    assert answer.status == 500
    assert "no JSON form" in answer.message
