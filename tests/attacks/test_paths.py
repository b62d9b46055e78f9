"""Paths that would lead out of where files are."""

from __future__ import annotations

from itertools import product

from tests.api.test_watching import finished, start
from tests.attacks.raw import send

UP = ("..", "%2e%2e", "%252e%252e", "..;", ".%2e", "\\..", "..%5c", "%c0%ae%c0%ae", "..%00", "....")
SLASH = ("/", "%2f", "%252f", "\\", "%5c", "//", "%2f%2f", "%c0%af", "%ef%bc%8f")
ODD = (
    "absent",
    "",
    ".",
    "..",
    "%2e",
    "a\0",
    "a%00",
    "%ff",
    "%2Fetc%2Fpasswd",
    "a" * 5000,
    "é" * 99,
)


def ways_to(*names: str) -> list[str]:
    """Return paths that would lead to files somewhere above."""
    pairs = list(product(UP, SLASH))
    ways = [
        slash.join((*number * [up], name)) for up, slash in pairs for number, name in _at(names)
    ]
    return ways + [slash + name for _, slash in pairs[: len(SLASH)] for _, name in _at(names)]


def _at(names: tuple[str, ...]) -> list[tuple[int, str]]:
    return list(enumerate(names, 1))


async def read(client, path: str) -> tuple[int, bytes]:
    status, _, body = await send(client, f"GET {path} HTTP/1.1", "Host: localhost")
    return status, body


async def test_the_files_of_the_swagger_ui_lead_nowhere_else(serve):
    client = await serve()
    for name in (*ways_to("document.py", "app.py", "../../../etc/passwd"), *ODD, "index.html"):
        status, body = await read(client, f"/api/static/{name}")
        assert status in (400, 404), name
        assert b"import" not in body
        assert b"root:" not in body


async def test_the_files_of_a_training_lead_nowhere_else(serve):
    client = await serve("training")
    training = await start(client, how="report")
    await finished(client, training)
    for name in (*ways_to("inputs", "log", "deepaas.sqlite"), *ODD):
        status, body = await read(client, f"{training}/artifacts/{name}")
        # What only has dots in it is another path of the API, for HTTP itself.
        assert status in (400, 404) or "/../" in f"/{name}/" or name in ("", ".", "%2e"), name
        assert not body.startswith(b"SQLite")
