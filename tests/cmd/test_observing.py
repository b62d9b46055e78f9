"""What ``deepaas-run`` tells of itself, as it is run."""

import json
import re

import aiohttp
import pytest

CODE = """
    import logging
    from webargs import fields

    def get_predict_args():
        return {"text": fields.Str(missing="hello")}

    def predict(text):
        logging.getLogger("shout").warning("shouting %s", text)
        if text == "bad":
            raise ValueError("too bad")
        return text.upper()
"""
NAMED = {"X-Request-ID": "asked-1"}
PREDICT = "/v2/models/shout/predict/"
FORGED = "a%0A2026-01-01 00:00:00,000 INFO    forged: this"


@pytest.fixture
def ask(start, install):
    """Ask a server, and return what it has printed once it has ended."""
    install("shout", CODE)

    async def asked(*argv, paths=(f"{PREDICT}?text=x",), **variables):
        server = await start(*argv, **variables)
        async with aiohttp.ClientSession(headers=NAMED) as client:
            for path in paths:
                async with client.post(f"{server.url}{path}") as response:
                    assert response.headers["X-Request-ID"] == "asked-1"
        server.process.terminate()
        out, _ = await server.process.communicate()
        return out.decode().splitlines()

    return asked


async def test_each_line_of_json_logs_is_an_object_that_names_the_request(ask):
    paths = [f"{PREDICT}?text=x", f"{PREDICT}?text={FORGED}", f"{PREDICT}?text=bad", "/nowhere"]
    lines = await ask("--log-format", "json", "--access-log", paths=paths)
    records = [json.loads(line) for line in lines]
    assert {one["logger"] for one in records} >= {"shout", "deepaas.access", "__main__"}
    said = [one for one in records if one["logger"] == "shout"]
    assert [one["message"] for one in said][1].endswith("INFO    forged: this")
    assert all((one["request_id"], one["model"]) == ("asked-1", "shout") for one in said)
    (failed,) = (one for one in records if one["level"] == "ERROR")
    assert failed["request_id"] == "asked-1"
    assert "ValueError: too bad" in failed["message"]
    access = [one for one in records if one["logger"] == "deepaas.access"]
    assert [one["status"] for one in access] == [200, 200, 500, 404]
    assert [one["path"] for one in access] == [PREDICT, PREDICT, PREDICT, "/nowhere"]
    first = access[0]
    assert (first["method"], first["remote"]) == ("POST", "127.0.0.1")
    assert first["bytes"] > 20
    assert 0 < first["duration"] < 60


async def test_lines_of_text_cannot_be_forged(ask):
    lines = await ask("--access-log", paths=[f"{PREDICT}?text={FORGED}", "/a%0Aforged%1b[31m"])
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert "  2026-01-01 00:00:00,000 INFO    forged: this" in lines
    access = [line for line in lines if "deepaas.access" in line]
    head = r"\S+ \S+ INFO    deepaas\.access \[asked-1\]: 127\.0\.0\.1 POST "
    tail = r" (200|404) \d+ bytes \d+\.\d ms"
    assert [bool(re.fullmatch(f"{head}\\S+{tail}", line)) for line in access] == [True, True]


async def test_there_is_no_access_log_unless_it_is_asked_for(ask):
    assert not any("deepaas.access" in line for line in await ask("--noaccess-log"))
    assert not any("deepaas.access" in line for line in await ask())


async def test_metrics_are_offered_unless_that_is_switched_off(start, install):
    install("shout", CODE)
    for argv, status in (((), 200), (("--nometrics-endpoint",), 404)):
        server = await start(*argv)
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{server.url}/metrics") as response,
        ):
            assert response.status == status


async def test_tracing_without_its_extra_ends_the_start_and_says_what_to_install(
    run, install, site
):
    install("shout", CODE)
    # Where it is not installed, there is nothing of this name.
    (site / "opentelemetry.py").write_text("raise ImportError('No module named opentelemetry')")
    ended = await run("run", "--tracing", "--listen-port", "0")
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert "--tracing" in line
    assert "pip install 'deepaas[otel]'" in line


async def test_a_format_that_there_is_not_is_refused(run, install):
    install("shout", CODE)
    ended = await run("run", "--log-format", "xml")
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert "--log-format" in line
