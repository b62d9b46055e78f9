"""How a server is, for those who watch over it."""

from tests.api.asking import ask, get

READY = {"live": True, "ready": True}


async def test_a_server_whose_models_have_workers_is_ready(serve):
    client = await serve("echo", "bare")
    models = {"echo": {"state": "ready"}, "bare": {"state": "ready"}}
    for path, more in (
        ("/v2/health/live", {}),
        ("/v2/health/ready", {"models": models}),
        ("/v2/health/ready/", {"models": models}),
    ):
        answer = await get(client, path)
        assert (answer.status, answer.json) == (200, READY | more)
        assert (await ask(client, "HEAD", path)).status == 200
