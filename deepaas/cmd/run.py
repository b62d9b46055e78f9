"""``deepaas-run``: serve models."""

from __future__ import annotations

import deepaas.cmd._interrupts  # noqa: F401 - first of all

# isort: split
import asyncio
import contextlib
import gc
import os
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from aiohttp import web

from deepaas import config
from deepaas.api import access_log
from deepaas.api.app import build_app
from deepaas.api.connections import LAST_CALL, Runner
from deepaas.api.keys import CERTIFICATE, REGISTRY, RPC_ADDRESS, STARTING
from deepaas.api.kserve.rpc.opening import load_rpc
from deepaas.cmd._shutdown import ending, handle_signals, loose_threads
from deepaas.cmd.address import curl_options, url_of
from deepaas.cmd.banner import banner
from deepaas.cmd.blame import place
from deepaas.cmd.errors import end
from deepaas.cmd.exposure import check_access, warning_of
from deepaas.cmd.handover import READY, RETIRED, RETIREMENT, Handover
from deepaas.cmd.listening import Listener, bound
from deepaas.exceptions import ConfigurationError, DeepaasError, ModelStartupError
from deepaas.log import getLogger
from deepaas.model.loaded import LoadedModel, load_models
from deepaas.model.loading import installed
from deepaas.serving.provision import provide
from deepaas.settings import Settings

LOG = getLogger(__name__)
PROG = "deepaas-run"
# What stands in a URL as it is, without parts that clients leave out.
BASE_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+")
# Seconds to end calls and workers in, after the last call has ended.
MOMENT = 0.5
DESCRIPTION = "Serve machine-learning models over a REST API."
EPILOG = (
    "Examples:  deepaas-run --model-name digits  |  "
    "deepaas-run --reload model.py  |  "
    "deepaas-run --listen-ip 0.0.0.0 --workers 4 --predict-only  |  "
    "OS_DEFAULT__WORKERS=4 deepaas-run --config-file deepaas.conf"
)


def main(argv: Sequence[str] | None = None, handover: Handover | None = None) -> None:
    """Serve until a signal says stop.

    Args:
        argv: command-line arguments without the program's name; None for those of the process.
        handover: what the supervisor of ``--reload`` gives; None where there is none.

    Raises:
        SystemExit: 0 in the end; 1 where models cannot be served; 2 for options that cannot be
            used.
    """
    with ending():
        argv = sys.argv[1:] if argv is None else argv
        settings = _settings(argv)
        if handover is None:
            for name in config.unread(config.CONF):
                LOG.warning("The configuration gives %r, which is no option of deepaas-run", name)
        try:
            _check_rpc(settings)
            check_access(settings)
            if settings.reload and handover is None:
                # Files are watched for authors only.
                from deepaas.cmd.reload import supervise

                asyncio.run(supervise(PROG, argv, settings))
            else:
                names = settings.model_names
                # An author wants to hear of each model that fails, and keep what was there.
                models = load_models(names if handover is None else names or tuple(installed()))
                _check_sections(settings, models)
                asyncio.run(_run(settings, models, handover))
        except ModelStartupError as error:
            LOG.debug("%s", "\n".join(getattr(error, "__notes__", ())))
            end(PROG, 1, f"{error}{place(error)}")
        except ConfigurationError as error:
            end(PROG, 2, str(error))
        except DeepaasError as error:
            end(PROG, 1, f"{error}{place(error)}")


def _settings(argv: Sequence[str]) -> Settings:
    conf = config.CONF
    config.register(conf)
    try:
        config.parse(conf, argv, PROG, description=DESCRIPTION, epilog=EPILOG)
        config.prepare_logging(conf)
    except ConfigurationError as error:
        end(PROG, 2, str(error))
    settings = Settings.from_conf(conf, config.chosen_models(conf))
    if settings.base_path and not BASE_PATH.fullmatch(settings.base_path):
        end(
            PROG,
            2,
            f"--base-path must start with '/' and be made of letters, digits and -._~ between "
            f"slashes, not be {settings.base_path!r}",
        )
    if settings.tracing:
        _check_tracing()
    _check_folder("--temporary-directory", settings.temporary_directory)
    return settings


def _check_tracing() -> None:
    try:
        import deepaas.tracing  # noqa: F401 - it takes long, and may not be installed
    except ConfigurationError as error:
        end(PROG, 2, str(error))


def _check_rpc(settings: Settings) -> None:
    if settings.grpc_port is None:
        return
    if settings.reload:
        raise ConfigurationError(
            "--reload serves over HTTP alone: a port of gRPC cannot be handed on; leave one of "
            "--reload and --grpc-port out"
        )
    load_rpc()


def _check_folder(option: str, folder: str) -> None:
    if folder and not (os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)):
        end(PROG, 2, f"{option} {folder} is no folder that can be written to")


def _check_sections(settings: Settings, models: Sequence[LoadedModel]) -> None:
    served = [model.description.name for model in models]
    for name in settings.needs:
        if name not in served:
            LOG.warning(
                "The configuration has a section [model:%s], but no such model is served (served: "
                "%s)",
                *(name, ", ".join(served)),
            )


async def _run(
    settings: Settings, models: Sequence[LoadedModel], handover: Handover | None
) -> None:
    with loose_threads():
        # Models may take minutes to get ready, which were lost if the port was in use.
        async with (
            _listener(settings, handover) as listener,
            _rpc_listener(settings) as rpc_listener,
        ):
            await _serve(settings, models, listener, rpc_listener, handover)


def _listener(
    settings: Settings, handover: Handover | None
) -> AbstractAsyncContextManager[Listener]:
    where = settings.listen_ip, settings.listen_port
    return handover.listener(*where) if handover else bound(*where)


def _rpc_listener(settings: Settings) -> AbstractAsyncContextManager[Listener | None]:
    if settings.grpc_port is None:
        return contextlib.nullcontext()
    return bound(settings.listen_ip, settings.grpc_port)


async def _serve(
    settings: Settings,
    models: Sequence[LoadedModel],
    listener: Listener,
    rpc_listener: Listener | None,
    handover: Handover | None,
) -> None:
    if handover and not handover.first:
        # The one before it serves until this one is ready.
        settings = replace(settings, listen_early=False)
    app = build_app(settings, models, grpc_port=rpc_listener.release if rpc_listener else None)
    runner = Runner(
        app,
        access_log=access_log.LOG if settings.access_log else None,
        access_log_class=access_log.AccessLogger,
        shutdown_timeout=settings.shutdown_grace,
    )
    serving = asyncio.current_task()
    assert serving is not None  # noqa: S101 - this is a coroutine
    handle_signals(serving.cancel)
    provisions = {
        model.description.name: provide(settings, model.description.name, model.needs)
        for model in models
    }
    first = handover is None or handover.first
    delay = 0.0
    if first:
        if exposed := warning_of(settings):
            LOG.warning("%s", exposed)
        plan = (f"{name} ({provision.in_words()})" for name, provision in provisions.items())
        LOG.info("Loading %s", ", ".join(plan))
    try:
        await runner.setup()
        await listener.open(runner)
        host, port = runner.addresses[0][:2]
        pair = app[CERTIFICATE].pair if CERTIFICATE in app else None
        root = f"{url_of(host, port, pair)}{settings.base_path}"
        if settings.listen_early:
            LOG.info("Listening at %s while models get ready", root)
        await app[STARTING]
        if handover:
            handover.tell(READY)
        if first:
            lazy = [name for name, provision in provisions.items() if provision.lazy]
            descriptions = [model.description for model in models]
            rpc = app.get(RPC_ADDRESS, "")
            # It looks at all that this machine trusts.
            curl = await asyncio.to_thread(curl_options, host, port, pair, settings.tls_cert)
            print(banner(settings, root, descriptions, lazy, rpc, curl), flush=True)
        # What is there now stays: the collector need not look at it again and again.
        gc.freeze()
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        if not (handover and handover.retired):
            delay = _leave(app, settings)
    finally:
        if handover and handover.retired:
            await _stop(lambda: _retire(runner, handover), app, RETIREMENT)
        else:
            if delay:
                runner.turn_away()
            await _stop(runner.cleanup, app, settings.shutdown_grace, delay)


def _leave(app: web.Application, settings: Settings) -> float:
    """Tell everybody that the server is about to stop; return in how many seconds."""
    delay = 0.0
    if REGISTRY in app and app[REGISTRY].ready:
        app[REGISTRY].leaving = True
        delay = settings.drain_delay
    if delay:
        LOG.info("Stopping in %g s; until then, others are told to ask elsewhere", delay)
    else:
        LOG.info("Stopping; calls that run have %g s to end", settings.shutdown_grace)
    return delay


async def _retire(runner: Runner, handover: Handover) -> None:
    """End without a failed call, while another server accepts what comes."""
    await runner.retire()
    handover.tell(RETIRED)
    await asyncio.sleep(LAST_CALL)
    runner.wait(RETIREMENT)
    await runner.cleanup()


async def _stop(
    cleanup: Callable[[], Coroutine[Any, Any, None]],
    app: web.Application,
    grace: float,
    delay: float = 0.0,
) -> None:
    """Let running calls end; when the grace is over, or at a second signal, end them at once."""
    try:
        await asyncio.sleep(delay)
        # aiohttp itself would wait once more for as long after it has told the calls to end.
        async with asyncio.timeout(grace + MOMENT):
            await cleanup()
        return
    except TimeoutError:
        LOG.warning("Calls that still run are ended")
    except asyncio.CancelledError:
        LOG.warning("Stopping at once")
    with contextlib.suppress(asyncio.CancelledError):
        await app.cleanup()


if __name__ == "__main__":
    main()
