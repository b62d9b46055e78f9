"""The models as users ask them: through a server."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

import writer
from deepaas.client import ClientError, InvalidArguments
from deepaas.testing import serve


@pytest.fixture(scope="module")
def client():
    with serve(writer.__file__) as served:
        yield served


def test_letters_are_streamed(client):
    streamed = list(client.stream("write", letters=50, seed=1))
    assert streamed == list(writer.write(letters=50, seed=1))


@pytest.mark.parametrize(
    ("accept", "shown"),
    [
        ("text/plain", "".join),
        ("application/x-ndjson", lambda letters: "".join(f'"{one}"\n' for one in letters)),
        ("text/event-stream", lambda letters: "".join(f'data: "{one}"\n\n' for one in letters)),
    ],
)
def test_a_caller_chooses_the_form_of_the_stream(client, accept, shown):
    url = f"{client.url}/v2/models/write/predict/?letters=30&seed=2"
    request = urllib.request.Request(url, method="POST", headers={"Accept": accept})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310
        assert response.headers.get_content_type() == accept
        text = response.read().decode()
    assert text.removesuffix("event: end\ndata: {}\n\n") == shown(
        list(writer.write(letters=30, seed=2))
    )


def test_whoever_leaves_does_not_hold_up_the_next(client):
    letters = client.stream("write", letters=10_000)
    next(letters)
    letters.close()
    assert len(list(client.stream("write", letters=3))) == 3


def test_texts_of_many_callers_are_scored_each_by_itself(client):
    texts = [f"Line {number} of a text, {'more ' * number}" for number in range(60)]
    with ThreadPoolExecutor(30) as callers:
        scored = callers.map(lambda text: client.predict("score", text=text).value, texts)
        assert list(scored) == writer.score(texts)


def test_a_text_that_is_refused_disturbs_no_other(client):
    def ask(text):
        try:
            return client.predict("score", text=text).value
        except ClientError as error:
            return error

    with ThreadPoolExecutor(3) as callers:
        first, refused, last = callers.map(ask, ["one text", "", "another"])
    assert isinstance(refused, InvalidArguments)
    assert [first, last] == writer.score(["one text", "another"])
