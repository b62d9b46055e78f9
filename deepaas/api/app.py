"""The composition root: settings and models become an application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from deepaas.api.console import Console
from deepaas.api.document import build_document
from deepaas.api.keys import CONSOLE, DOCUMENT, REGISTRY, SCRATCH, SETTINGS, TRAININGS
from deepaas.api.middlewares import errors
from deepaas.api.routes import add_routes, documented
from deepaas.exceptions import ModelStartupError, WorkerNotReady
from deepaas.executors.base import Executor, Output
from deepaas.executors.local import LocalExecutor
from deepaas.executors.one_shot import OneShotExecutor
from deepaas.files import Scratch
from deepaas.model.loaded import LoadedModel
from deepaas.serving.registry import Registry
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.settings import Settings
from deepaas.trainings.service import TrainingService
from deepaas.trainings.store import MemoryStore


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
    app[TRAININGS] = TrainingService(MemoryStore())
    descriptions = [model.description for model in models]
    app[DOCUMENT] = build_document(settings, descriptions, documented(settings))
    add_routes(app, settings, version_root)
    app.cleanup_ctx.append(_console)
    app.cleanup_ctx.append(_scratch)
    app.cleanup_ctx.append(_trainings)
    app.cleanup_ctx.append(_Workers(models))
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


async def _trainings(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[TRAININGS].close()


class _Workers:
    """Starts the executors of all models, and ends them with the application."""

    def __init__(self, models: Sequence[LoadedModel]) -> None:
        self._models = models

    async def __call__(self, app: web.Application) -> AsyncIterator[None]:
        settings = app[SETTINGS]
        output = app[CONSOLE].write if settings.debug_endpoint else None
        served, executors = [], []
        for model in self._models:
            predictor, trainer = _executors(model, settings, output)
            executors += [predictor] if trainer is predictor else [predictor, trainer]
            served.append(
                ServedModel(model.description, model.model, predictor, trainer, app[SCRATCH])
            )
        app[REGISTRY] = Registry(served)
        try:
            await _start(self._models, [model.predictor for model in served])
            yield
        finally:
            await asyncio.gather(*(executor.close() for executor in executors))


def _executors(
    model: LoadedModel, settings: Settings, output: Output | None
) -> tuple[Executor, Executor]:
    setup = Prepare(model.source, settings.warm, settings.log_level, settings.log_file)
    predictor = LocalExecutor(setup, settings.workers, output)
    if settings.shared_workers:
        return predictor, predictor
    return predictor, OneShotExecutor(setup, settings.train_workers, output)


async def _start(models: Sequence[LoadedModel], predictors: Sequence[Executor]) -> None:
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
