"""The client for scripts and notebooks."""

import asyncio
import gc
import inspect
import signal
import subprocess
import sys
import threading

import pytest

from deepaas.client import (
    AsyncClient,
    AsyncModel,
    AsyncTraining,
    Client,
    InvalidArguments,
    LogEvent,
    Model,
    ServerUnreachable,
    Training,
)
from deepaas.client.background import Background
from tests.client.conftest import url_of


async def test_a_script_predicts(in_script):
    def script(client):
        assert [model["id"] for model in client.models()] == ["echo"]
        assert client.model().metadata()["author"] == "the tests"
        with pytest.raises(InvalidArguments, match="number"):
            client.predict("echo", number=11)
        return client.predict("echo", accept="text/plain", how="text", text="hi")

    prediction = await in_script("echo", script)
    assert (prediction.value, prediction.content_type) == (b"hi", "text/plain")


async def test_a_script_trains_and_reads_what_has_become_of_it(in_script, tmp_path):
    def script(client):
        model = client.model()
        training = model.train(how="report")
        events = list(training.events())
        assert "".join(training.log(follow=True)) == "printed\ncomplained\n"
        assert training.wait(20) is training
        assert training.status == "done"
        assert [event.id for event in events] == list(range(1, len(events) + 1))
        assert any(isinstance(event, LogEvent) for event in events)
        assert [one.uuid for one in model.trainings()] == [training.uuid]
        assert model.training(training.uuid).refresh().status == "done"
        assert len(training.metric_values()["loss"]) == 3
        (artifact,) = training.artifacts()
        assert training.download(artifact.name, tmp_path).read_text() == "heavy"
        assert repr(training) == f"<Training {training.uuid}: done>"
        training.delete()
        failed = model.train(how="raise").wait(20)
        assert failed.resume().wait(20).status == "error"
        return model.trainings()

    assert len(await in_script("training", script)) == 1


async def test_a_script_puts_a_training_into_service(in_script):
    def script(client):
        training = client.model().train(weight="better").wait(20)
        return training.promote() == client.predict().version == training.uuid

    assert await in_script("promotable", script)


async def test_a_script_leaves_a_training_that_it_has_followed_and_cancels_it(in_script, pipes):
    def script(client):
        training = client.model().train(reached=pipes[0].path, go_on=pipes[1].path)
        events = training.events()
        assert next(events).status == "queued"
        events.close()
        with pytest.raises(TimeoutError):
            training.wait(0.05)
        return training.cancel()

    assert (await in_script("training", script)).status == "cancelled"


async def test_it_works_where_a_loop_runs_already():
    # As in a notebook, whose cells are run by a loop.
    assert asyncio.get_running_loop().is_running()
    with Client("http://127.0.0.1:9") as client, pytest.raises(ServerUnreachable):
        client.models()


def test_a_closed_client_says_so():
    client = Client("http://127.0.0.1:9")
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="this client is closed"):
        client.models()


def test_a_client_that_nobody_refers_to_ends_its_thread():
    there = set(threading.enumerate())
    client = Client("http://127.0.0.1:9")
    (thread,) = set(threading.enumerate()) - there
    model = client.model("any")
    del client
    gc.collect()
    assert thread.is_alive()
    del model
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()


def test_who_is_interrupted_cancels_what_was_asked():
    cancelled, begun = threading.Event(), threading.Event()

    class Nothing:
        async def __aenter__(self): ...

        async def __aexit__(self, *_): ...

    async def items():
        yield 1
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    background = Background(Nothing())
    main = threading.main_thread().ident
    iterator = background.iterate(items())
    assert next(iterator) == 1

    def interrupt():
        begun.wait(20)
        signal.pthread_kill(main, signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        next(iterator)
    helper.join()
    assert cancelled.wait(20)
    background.stop()


@pytest.mark.parametrize(
    ("thin", "whole"), [(Client, AsyncClient), (Model, AsyncModel), (Training, AsyncTraining)]
)
def test_it_has_all_that_the_asynchronous_client_has(thin, whole):
    public = {name for name in dir(whole) if not name.startswith("_")}
    assert public == {name for name in dir(thin) if not name.startswith("_")}
    for name in public:
        member = getattr(whole, name)
        if callable(member):
            wanted = [*inspect.signature(member).parameters.values()]
            found = [*inspect.signature(getattr(thin, name)).parameters.values()]
            assert [(one.name, one.kind, one.default) for one in found] == [
                (one.name, one.kind, one.default) for one in wanted
            ]


def test_the_client_is_imported_without_the_server():
    code = (
        "import sys, deepaas.client\n"
        "print(*(name for name in sys.modules if name.startswith('deepaas') or "
        "name in ('sqlalchemy', 'marshmallow', 'oslo_config', 'psutil')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    names = {name for name in done.stdout.split() if not name.startswith("deepaas.client")}
    by_the_package = {
        "deepaas.authoring",
        "deepaas.current",
        "deepaas.reports",
        "deepaas.executors",
    }
    by_the_package |= {f"deepaas.executors.{name}" for name in ("relay", "reporting")}
    assert names - by_the_package == {"deepaas", "deepaas.exceptions"}


async def test_a_script_may_end_without_closing(serve):
    url = url_of(await serve("echo"))
    code = (
        "import sys\n"
        "from deepaas.client import Client\n"
        "client = Client(sys.argv[1])\n"
        "print(client.predict(data=open(sys.executable, 'rb'), how='file').content_type)\n"
    )
    script = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, url), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, complaints = await script.communicate()
    assert (script.returncode, output, complaints) == (0, b"application/json\n", b"")
