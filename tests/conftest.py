"""Fixtures: models are really installed, and served on a free port with real workers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import settings as hypothesis_settings

from deepaas.api.app import build_app
from deepaas.api.connections import Runner
from deepaas.client import AsyncClient
from deepaas.client.trust import trust
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from deepaas.settings import Settings
from tests.commands.forked import Commands
from tests.pipes import Pipe

# Whoever runs the tests in the background may have them ignore CTRL+C, and so all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# A busy machine is no failure.
hypothesis_settings.register_profile("deepaas", deadline=None)
hypothesis_settings.load_profile("deepaas")

Serve = Callable[..., Awaitable[aiohttp.ClientSession]]
Install = Callable[..., None]


@pytest.fixture
def site(tmp_path) -> Path:
    """A folder for a path of modules; it hides the models that are installed elsewhere."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name in {point.dist.name for point in entry_points(group="deepaas.v2.model")}:
        _write_metadata(folder, name)
    return folder


@pytest.fixture
def install(site) -> Install:
    """Install a module as models.

    Example::

        install("shout", code)
        install("several", code, quiet="several:Quiet", loud="several:Loud")
    """

    def write(name: str, code: str, **models: str) -> None:
        (site / f"{name}.py").write_text(textwrap.dedent(code))
        lines = [f"{model} = {value}\n" for model, value in (models or {name: name}).items()]
        declared = _write_metadata(site, name) / "entry_points.txt"
        declared.write_text("".join(["[deepaas.v2.model]\n", *lines]))

    return write


def _write_metadata(folder: Path, name: str) -> Path:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    return info


@contextmanager
def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Import modules of a folder, first of all folders, and forget them afterwards."""
    monkeypatch.syspath_prepend(folder)
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture
def only_site(site, monkeypatch) -> Iterator[None]:
    """This process and its workers see the models of ``site`` alone."""
    with importable(site, monkeypatch):
        yield


@pytest.fixture
def unset(tmp_path, monkeypatch) -> Path:
    """Nothing of the person who runs the tests sets an option; returns the home folder."""
    for name in list(os.environ):
        if name.startswith(("OS_", "DEEPAAS_", "XDG_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Starts commands without waiting for them to import what they need."""
    made = Commands()
    yield made
    made.close()


@pytest.fixture
def state(tmp_path_factory) -> Path:
    """The state directory of servers, apart from where they keep what is to go."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
async def start_runner(tmp_path, state) -> AsyncIterator[Callable[..., Awaitable[Runner]]]:
    """Serve loaded models, over HTTP and whatever else the settings say."""
    async with AsyncExitStack() as stack:

        async def start(*models: LoadedModel, **settings: Any) -> Runner:
            common = {
                "temporary_directory": str(tmp_path),
                "state_directory": str(state),
            }
            settings = {**common, "listen_port": 0, **settings}
            app = build_app(Settings(**settings), models)
            runner = Runner(app, shutdown_timeout=1)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=runner.tls).start()
            return runner

        yield start


@pytest.fixture
async def serve_loaded(start_runner) -> AsyncIterator[Serve]:
    """Serve loaded models; the session's URLs are relative to the server."""
    async with AsyncExitStack() as stack:

        async def start(*models: LoadedModel, **settings: Any) -> aiohttp.ClientSession:
            runner = await start_runner(*models, **settings)
            connector = aiohttp.TCPConnector(ssl=trust(settings.get("tls_cert", True)))
            client = aiohttp.ClientSession(address_of(runner), connector=connector)
            return await stack.enter_async_context(client)

        yield start


@pytest.fixture
def serve(serve_loaded) -> Serve:
    """Serve modules of ``tests.models`` by name.

    Example::

        client = await serve("echo", workers=2)
        async with client.post("/v2/models/echo/predict/") as response: ...
    """

    def start(*names: str, **settings: Any) -> Awaitable[aiohttp.ClientSession]:
        models = [LoadedModel.of(Source(name, f"tests.models.{name}")) for name in names]
        return serve_loaded(*models, **settings)

    return start


def address_of(runner: Runner) -> str:
    """Return the URL at which an application is served."""
    host, port = runner.addresses[0][:2]
    return f"{'https' if runner.tls else 'http'}://{host}:{port}"


def url_of(session: aiohttp.ClientSession) -> str:
    """Return the address of a server of the fixture ``serve``."""
    return str(session._base_url)


@pytest.fixture
async def connect(serve) -> AsyncIterator[Callable[..., Awaitable[AsyncClient]]]:
    """Serve modules of ``tests.models``, and return a client of the server."""
    async with AsyncExitStack() as stack:

        async def start(*names: str, **settings: Any) -> AsyncClient:
            url = url_of(await serve(*names, **settings)) + settings.get("base_path", "")
            return await stack.enter_async_context(AsyncClient(url))

        yield start


@pytest.fixture
def pipes(tmp_path) -> Iterator[tuple[Pipe, Pipe]]:
    """Two named pipes: one on which a model tells that it is there, one at which it waits."""
    reached, go_on = Pipe(tmp_path / "reached"), Pipe(tmp_path / "go_on")
    yield reached, go_on
    reached.close()
    go_on.close()


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    """Ask again until an answer is as wanted, for what cannot be awaited otherwise."""

    async def wait(
        ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], seconds: float = 20
    ) -> Any:
        async with asyncio.timeout(seconds):
            while not wanted(answer := await ask()):
                await asyncio.sleep(0.02)
        return answer

    return wait
