"""What models may count on in the workers of ``deepaas-run``."""

import asyncio
import os
import tempfile
from collections.abc import Iterator

import psutil
import pytest

from deepaas.client import AsyncClient

WARMED = """
    import os

    WARMED = []

    def warm():
        WARMED.append(os.getpid())
        with open(os.environ["REACHED"], "w") as reached:
            reached.write(f"{os.getpid()}\\n")
        with open(os.environ["GO_ON"], "rb", buffering=0) as go_on:
            go_on.read(1)

    def predict():
        return {"process": os.getpid(), "warmed": WARMED}

    train = predict
"""


async def test_each_worker_is_warmed_once_before_the_server_listens(start, install, pipes):
    install("warmed", WARMED)
    reached, go_on = pipes
    starting = asyncio.create_task(start("--workers", "3", REACHED=reached.path, GO_ON=go_on.path))
    workers = [int(await reached.line()) for _ in range(3)]
    (process,) = {psutil.Process(worker).parent().parent() for worker in workers}
    assert process.net_connections("inet") == []
    go_on.let(3)
    server = await starting
    assert server.process.pid == process.pid
    assert [one.status for one in process.net_connections("inet")] == [psutil.CONN_LISTEN]
    async with AsyncClient(server.url) as client:
        answers = await asyncio.gather(*(client.predict() for _ in range(60)))
    seen = {answer.value["process"]: answer.value["warmed"] for answer in answers}
    assert set(seen) <= set(workers)
    assert seen == {worker: [worker] for worker in seen}


async def test_a_training_finds_what_its_own_warm_has_left(start, install, pipes):
    install("warmed", WARMED)
    reached, go_on = pipes
    go_on.let(2)
    server = await start(REACHED=reached.path, GO_ON=go_on.path)
    worker = int(await reached.line())
    async with AsyncClient(server.url) as client:
        training = await client.model().train()
        trainer = int(await reached.line())
        await training.wait(20)
    assert trainer != worker
    assert training.result["output"] == {"process": trainer, "warmed": [trainer]}


async def test_one_of_several_workers_whose_warm_fails_keeps_the_server_from_starting(run, install):
    install("jealous", "def warm():\n    open('taken', 'x')\n\ndef predict():\n    pass\n")
    ended = await run("run", "--listen-port", "0", "--workers", "3")
    assert (ended.code, ended.out) == (1, "")
    loading, reason = ended.err.splitlines()
    assert "Loading jealous" in loading
    assert "model 'jealous' failed while it got ready: FileExistsError" in reason
    assert "taken" in reason


async def test_models_run_in_the_working_directory_of_the_server(start, install, tmp_path):
    install(
        "local",
        """
        import os

        def warm():
            global found
            found = open("weights").read()

        def predict():
            return [found, os.getcwd()]

        train = predict
        """,
    )
    (tmp_path / "weights").write_text("heavy")
    server = await start()
    wanted = ["heavy", os.path.realpath(tmp_path)]
    async with AsyncClient(server.url) as client:
        assert (await client.predict()).value == wanted
        training = await (await client.model().train()).wait(20)
    assert training.result["output"] == wanted


@pytest.fixture
def short() -> Iterator[str]:
    """A folder for temporary files whose name leaves room for sockets in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
async def test_models_may_start_processes_of_their_own(start, install, short, method):
    install(
        "parallel",
        f"""
        import multiprocessing
        import os

        context = multiprocessing.get_context("{method}")

        def square(number):
            return number * number, os.getpid()

        def predict():
            with context.Pool(2) as pool:
                squares = pool.map(square, range(10), chunksize=1)
            return {{
                "squares": [number for number, _ in squares],
                "elsewhere": os.getpid() not in [process for _, process in squares],
                "daemonic": multiprocessing.current_process().daemon,
            }}

        train = predict
        """,
    )
    server = await start(TMPDIR=short)
    wanted = {
        "squares": [number * number for number in range(10)],
        "elsewhere": True,
        "daemonic": False,
    }
    async with AsyncClient(server.url) as client:
        for _ in range(2):
            assert (await client.predict()).value == wanted
        training = await (await client.model().train()).wait(20)
    assert (training.status, training.message) == ("done", "")
    assert training.result["output"] == wanted
