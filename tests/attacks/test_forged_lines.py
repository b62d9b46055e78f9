"""Nobody writes a line of the log but the server."""

import json

import pytest

from tests.api.asking import get, predict

FORGED = "2026-01-01 00:00:00,000 INFO    deepaas.access: 192.0.2.1 GET /"
ENDS = ("\n", "\r", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1b[1G")


@pytest.mark.parametrize("form", ["text", "json"])
async def test_what_is_logged_of_a_failure_forges_no_line(serve, form):
    client = await serve("leaky", debug_endpoint=True, log_format=form)
    for end in ENDS:
        answer = await predict(client, "leaky", json={"how": f"a{end}{FORGED}"})
        assert answer.status == 500
    lines = (await get(client, "/v2/debug/")).text.splitlines()
    assert len([one for one in lines if FORGED in one]) >= len(ENDS)
    assert not [one for one in lines if one.startswith(FORGED) or "\x1b" in one]
    if form == "json":
        assert len([json.loads(one) for one in lines if one.startswith("{")]) >= len(ENDS)
