"""Predictions over HTTP."""

import os
from pathlib import Path

PREDICT = "/v2/models/echo/predict/"


async def test_arguments_come_from_query_form_and_json_together(serve):
    client = await serve("echo")
    async with client.post(PREDICT, params={"number": "3"}, json={"values": [1, 2.5]}) as response:
        assert response.status == 200
        answer = await response.json()
    assert answer["status"] == "OK"
    assert answer["predictions"]["number"] == 3
    assert answer["predictions"]["values"] == [1.0, 2.5]


async def test_an_upload_reaches_the_model_as_a_file_and_is_gone_afterwards(serve, tmp_path):
    client = await serve("echo")
    before = set(tmp_path.rglob("*"))
    with open(__file__, "rb") as file:
        async with client.post(PREDICT, data={"data": file, "how": "file"}) as response:
            assert response.status == 200
            name, filename, content_type, original = (await response.json())["predictions"]
    assert (name, original) == ("data", os.path.basename(__file__))
    assert not Path(filename).exists()
    assert set(tmp_path.rglob("*")) == before
