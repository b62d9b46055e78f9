"""The models of an application: they get ready with it, and end with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from deepaas.api.keys import CONSOLE, REGISTRY, SCRATCH, SETTINGS, STARTING, TRAININGS
from deepaas.exceptions import WorkerNotReady
from deepaas.executors.base import Executor, to_stderr
from deepaas.executors.local import LocalExecutor
from deepaas.executors.one_shot import OneShotExecutor
from deepaas.model.loaded import LoadedModel
from deepaas.serving.failures import not_ready
from deepaas.serving.load import Load
from deepaas.serving.measures import Count
from deepaas.serving.memory import MemoryLimit
from deepaas.serving.on_demand import OnDemand
from deepaas.serving.provision import provide
from deepaas.serving.registry import Registry
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.settings import Settings
from deepaas.trainings.opening import training_service

# Seconds after which workers are ended that calls from before they were unloaded have loaded.
LEFT_OVER = 1.0


class Serving:
    """Starts the executors of all models, and ends them with the application.

    Args:
        models: what it serves.
    """

    def __init__(self, models: Sequence[LoadedModel]) -> None:
        self._models = models

    async def __call__(self, app: web.Application) -> AsyncIterator[None]:
        """See ``aiohttp.web.Application.cleanup_ctx``; raises ModelStartupError where one fails."""
        settings = app[SETTINGS]
        served: dict[str, ServedModel] = {}
        # Workers get ready while the store of trainings is opened, but for those that are to be
        # told what was promoted.
        plain = [model for model in self._models if not model.description.promotable]
        served |= {model.source.name: _served(model, app) for model in plain}
        starting = [asyncio.create_task(_start(plain, served))]
        async with AsyncExitStack() as trainings:
            try:
                if any(_has_trainings(model, settings) for model in self._models):
                    opening = training_service(settings)
                    app[TRAININGS] = await trainings.enter_async_context(opening)
                served |= await self._promoted(app)
                registry = app[REGISTRY] = Registry(served[one.source.name] for one in self._models)
                starting.append(asyncio.create_task(self._start_promotable(app, served)))
                app[STARTING] = asyncio.gather(*starting)
                if not settings.listen_early:
                    await app[STARTING]
                async with _limited(settings.memory_limit, registry):
                    yield
            finally:
                for start in starting:
                    start.cancel()
                await asyncio.gather(*starting, return_exceptions=True)
                await asyncio.gather(*(model.close() for model in served.values()))

    async def _promoted(self, app: web.Application) -> dict[str, ServedModel]:
        """Return models that have results of trainings put into service, with those that are."""
        return {
            model.source.name: _served(
                model, app, *await app[TRAININGS].promotions.in_service(model.source.name)
            )
            for model in self._models
            if model.description.promotable
        }

    async def _start_promotable(self, app: web.Application, served: dict[str, ServedModel]) -> None:
        """Start models with what was promoted, or as they are where they do not get ready so."""
        promotable = [model for model in self._models if model.description.promotable]
        again = []
        for model, failure in await _failures(promotable, served):
            if (identifier := served[model.source.name].promoted) is None:
                raise not_ready(model.description.name, failure)
            why = f"does not get ready: {failure}"
            app[TRAININGS].promotions.pass_over(model.source.name, identifier, why)
            served[model.source.name] = _served(model, app)
            app[REGISTRY].replace(served[model.source.name])
            again.append(model)
        await _start(again, served)
        for model in promotable:
            app[TRAININGS].promotions.attach(served[model.source.name])


def _has_trainings(model: LoadedModel, settings: Settings) -> bool:
    trains = settings.train_endpoint and model.description.train is not None
    return trains or model.description.promotable


@asynccontextmanager
async def _limited(limit: int, models: Registry) -> AsyncIterator[None]:
    """Keep the memory of all workers below a limit meanwhile, if there is one."""
    if not limit:
        yield
        return
    keeping = asyncio.create_task(MemoryLimit(limit).keep(models))
    yield
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def _served(
    model: LoadedModel,
    app: web.Application,
    promoted: str | None = None,
    directory: Path | None = None,
) -> ServedModel:
    settings = app[SETTINGS]
    output = app[CONSOLE].write if settings.debug_endpoint else None
    provision = provide(settings, model.source.name, model.needs)
    setup = Prepare(
        model.source,
        settings.warm,
        settings.log_level,
        settings.log_file,
        settings.log_format,
        settings.tracing,
    )

    concurrency, replaced = model.description.concurrency, Count()
    on_demand = provision.lazy or provision.unload_after > 0 or settings.memory_limit > 0

    def predictor(directory: Path | None, lazy: bool = False) -> Executor:
        def pool() -> Executor:
            # Workers that train as well are to tell what a training prints.
            shown = output or to_stderr if settings.shared_workers else output
            ready = replace(setup, directory=directory)
            return LocalExecutor(
                *(ready, provision.workers, shown, provision.environments, concurrency),
                replaced=replaced.add,
            )

        if not (lazy or on_demand):
            return pool()
        name, unload_after = model.source.name, provision.unload_after
        if lazy and not on_demand:
            # It was unloaded by hand, and only what was asked before may load it, for that long.
            unload_after = LEFT_OVER
        return OnDemand(name, pool, provision.workers, lazy, unload_after)

    return ServedModel(
        model.description,
        model.model,
        predictor(directory, provision.lazy),
        None
        if settings.shared_workers
        else OneShotExecutor(setup, settings.train_workers, output, provision.environments),
        app[SCRATCH],
        load=Load(
            model.description.name,
            provision.workers * max(1, model.description.batching.largest, concurrency),
            provision.max_queued_predictions,
        ),
        timeout=provision.predict_timeout,
        starting=True,
        version=model.version,
        renewed=predictor,
        promoted=promoted,
        replaced=replaced,
        directory=directory,
    )


async def _start(models: Sequence[LoadedModel], served: Mapping[str, ServedModel]) -> None:
    for model, failure in await _failures(models, served):
        raise not_ready(model.description.name, failure)


async def _failures(
    models: Sequence[LoadedModel], served: Mapping[str, ServedModel]
) -> list[tuple[LoadedModel, WorkerNotReady]]:
    """Start models; return those that do not get ready, and why."""
    starting = (served[model.source.name].start() for model in models)
    starts = await asyncio.gather(*starting, return_exceptions=True)
    failures = []
    for model, failure in zip(models, starts, strict=True):
        if isinstance(failure, WorkerNotReady):
            failures.append((model, failure))
        elif failure is not None:
            raise failure
    return failures
