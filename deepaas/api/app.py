"""The composition root: settings and models become an application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from deepaas.api.console import Console
from deepaas.api.document import build_document
from deepaas.api.keys import CONSOLE, DOCUMENT, REGISTRY, SCRATCH, SETTINGS, TRAININGS
from deepaas.api.middlewares import errors
from deepaas.api.routes import add_routes, documented
from deepaas.exceptions import ModelStartupError, WorkerNotReady
from deepaas.executors.base import Executor, to_stderr
from deepaas.executors.local import LocalExecutor
from deepaas.executors.one_shot import OneShotExecutor
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.serving.registry import Registry
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.settings import Settings
from deepaas.trainings.opening import training_service


def build_app(
    settings: Settings, models: Sequence[LoadedModel], version_root: str = "/v2"
) -> web.Application:
    """Make an application that serves models once it is started.

    Args:
        settings: how it behaves.
        models: what it serves.
        version_root: path of version 2 of the API.
    """
    # Bodies are counted where they are read; aiohttp's own limit is off.
    app = web.Application(middlewares=[errors], client_max_size=0)
    app[SETTINGS] = settings
    app[CONSOLE] = Console()
    descriptions = [model.description for model in models]
    app[DOCUMENT] = build_document(settings, descriptions, documented(settings))
    add_routes(app, settings, version_root)
    app.cleanup_ctx.append(_console)
    app.cleanup_ctx.append(_scratch)
    app.cleanup_ctx.append(_Serving(models))
    app.on_shutdown.append(_stop_trainings)
    return app


async def _console(app: web.Application) -> AsyncIterator[None]:
    if not app[SETTINGS].debug_endpoint:
        yield
        return
    handler = app[CONSOLE].handler
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)


async def _scratch(app: web.Application) -> AsyncIterator[None]:
    app[SCRATCH] = Scratch(app[SETTINGS].temporary_directory or None)
    yield
    app[SCRATCH].close()


def _has_trainings(model: LoadedModel, settings: Settings) -> bool:
    trains = settings.train_endpoint and model.description.train is not None
    return trains or model.description.promotable


async def _stop_trainings(app: web.Application) -> None:
    if TRAININGS in app:
        await app[TRAININGS].stop()


class _Serving:
    """Starts the executors of all models, and ends them with the application."""

    def __init__(self, models: Sequence[LoadedModel]) -> None:
        self._models = models

    async def __call__(self, app: web.Application) -> AsyncIterator[None]:
        served: dict[str, ServedModel] = {}
        # Workers get ready while the store of trainings is opened, but for those that are to be
        # told what was promoted.
        plain = [model for model in self._models if not model.description.promotable]
        served |= {model.source.name: _served(model, app) for model in plain}
        starting = asyncio.create_task(_start(plain, served))
        async with AsyncExitStack() as trainings:
            try:
                if any(_has_trainings(model, app[SETTINGS]) for model in self._models):
                    opening = training_service(app[SETTINGS])
                    app[TRAININGS] = await trainings.enter_async_context(opening)
                promotable = [model for model in self._models if model.description.promotable]
                for model in promotable:
                    in_service = await app[TRAININGS].promotions.in_service(model.source.name)
                    served[model.source.name] = _served(model, app, *in_service)
                    app[TRAININGS].promotions.attach(served[model.source.name])
                await asyncio.gather(starting, _start(promotable, served))
                app[REGISTRY] = Registry(served[model.source.name] for model in self._models)
                yield
            finally:
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                await asyncio.gather(*(model.close() for model in served.values()))


def _served(
    model: LoadedModel,
    app: web.Application,
    promoted: str | None = None,
    directory: Path | None = None,
) -> ServedModel:
    settings = app[SETTINGS]
    output = app[CONSOLE].write if settings.debug_endpoint else None
    setup = Prepare(model.source, settings.warm, settings.log_level, settings.log_file)

    concurrency = model.description.concurrency

    def predictor(directory: Path | None) -> Executor:
        # Workers that train as well are to tell what a training prints.
        shown = output or to_stderr if settings.shared_workers else output
        setup_here = replace(setup, directory=directory)
        return LocalExecutor(setup_here, settings.workers, shown, concurrency)

    return ServedModel(
        model.description,
        model.model,
        predictor(directory),
        None if settings.shared_workers else OneShotExecutor(setup, settings.train_workers, output),
        app[SCRATCH],
        most=settings.max_queued_predictions + settings.workers * max(concurrency, 1),
        version=model.version,
        renewed=predictor,
        promoted=promoted,
    )


async def _start(models: Sequence[LoadedModel], served: Mapping[str, ServedModel]) -> None:
    predictors = [served[model.source.name].predictor for model in models]
    starts = await asyncio.gather(*(one.start() for one in predictors), return_exceptions=True)
    for model, failure in zip(models, starts, strict=True):
        if isinstance(failure, WorkerNotReady):
            trace = "\n".join(getattr(failure, "__notes__", ()))
            error = ModelStartupError(
                f"model {model.description.name!r} failed while it got ready: {failure}"
            )
            error.add_note(trace)
            raise error from None
        if failure is not None:
            raise failure
