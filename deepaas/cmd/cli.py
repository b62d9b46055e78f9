"""``deepaas-cli``: run a model in batch."""

from __future__ import annotations

import deepaas.cmd._interrupts  # noqa: F401 - first of all

# isort: split
import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import orjson
from oslo_config import cfg

from deepaas import config, options
from deepaas.cmd._shutdown import handle_signals
from deepaas.cmd.batch import Batch
from deepaas.cmd.errors import complain, end
from deepaas.cmd.inputs import Call, as_written, prepared, spread
from deepaas.cmd.output import Results, results
from deepaas.cmd.progress import Progress
from deepaas.cmd.results import write
from deepaas.exceptions import (
    ConfigurationError,
    DeepaasError,
    FunctionNotOffered,
    InvalidArguments,
    MultipleModelsFound,
    WorkerNotReady,
    in_words,
)
from deepaas.executors.base import Executor, to_stderr
from deepaas.executors.inline import InlineExecutor
from deepaas.executors.local import LocalExecutor
from deepaas.files import Scratch
from deepaas.model.describe import metadata_of
from deepaas.model.loaded import LoadedModel, load_models
from deepaas.model.loading import installed
from deepaas.model.reference import module_source, names_code
from deepaas.model.source import Source
from deepaas.schema.description import Arguments
from deepaas.schema.options import OptionsParser
from deepaas.serving.answers import JSON, Answer
from deepaas.serving.encoding import to_json
from deepaas.serving.failures import not_ready
from deepaas.serving.provision import provide
from deepaas.serving.runtime import Prepare
from deepaas.serving.served import ServedModel
from deepaas.settings import Settings
from deepaas.trainings.opening import training_service
from deepaas.trainings.record import Status, Training

PROG = "deepaas-cli"
METHODS = {
    "get_metadata": "Print what the model says of itself.",
    "warm": "Let the model load what it needs.",
    "predict": "Predict; several files for one argument make several predictions.",
    "train": "Train.",
}
DESCRIPTION = "Run a machine-learning model from the command line."
EPILOG = (
    "After the options, and the model where it is not installed, comes what to do: get_metadata "
    "(the default), warm, predict or train, and "
    "then the model's own arguments: 'deepaas-cli predict --help' lists them. Examples:  "
    "deepaas-cli predict --data picture.png  |  deepaas-cli model.py predict --text hello  |  "
    "deepaas-cli --output-format jsonl predict --data 'images/*.png'  |  "
    "deepaas-cli --deepaas_method_output=out.json predict --data picture.png"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Do what the command line says.

    Args:
        argv: command-line arguments without the program's name; None for those of the process.

    Raises:
        SystemExit: 0 in the end; 1 where the model fails or cannot be chosen; 2 for options and
            arguments that cannot be used; 130 after CTRL+C.
    """
    head, method, tail = split(sys.argv[1:] if argv is None else argv)
    conf = _configuration(head)
    try:
        _prepare_target(conf)
        model = _the_model(conf)
        with results(conf.output_format == "jsonl") as out:
            code = asyncio.run(_Command(conf, model, out).run(method, tail))
    except ConfigurationError as error:
        end(PROG, 2, str(error))
    except DeepaasError as error:
        end(PROG, 1, str(error))
    except BrokenPipeError:
        # Whoever read the results has seen enough; Python would complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        end(PROG, 1, f"{error.filename or 'the result'}: {error.strerror or error}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = 130
    sys.exit(code)


def split(argv: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Divide a command line into options, the method, and the method's arguments.

    Args:
        argv: command-line arguments without the program's name.

    Raises:
        SystemExit: 2 for a word that is no method.
    """
    takes_value = {"--config-file", "--config-dir"}
    for option in (*options.opts, *options.cli_opts):
        if not isinstance(option, cfg.BoolOpt):
            takes_value |= {f"--{option.name}", f"-{option.short}"}
    index = 0
    models: list[str] = []
    while index < len(argv) and argv[index] not in METHODS:
        if argv[index] in takes_value:
            index += 1
        elif not argv[index].startswith("-"):
            models.append(argv[index])
        index += 1
    if index < len(argv):
        return list(argv[:index]), argv[index], list(argv[index + 1 :])
    for word in models:
        if not (names_code(word) or word in _installed() or module_source(word)):
            end(PROG, 2, f"there is no method {word!r}; choose one of {', '.join(METHODS)}")
    return list(argv), "get_metadata", []


def _installed() -> Mapping[str, Source]:
    with contextlib.suppress(DeepaasError):  # What is wrong there is told when one is chosen.
        return installed()
    return {}


def _configuration(argv: Sequence[str]) -> cfg.ConfigOpts:
    conf = config.CONF
    config.register(conf, (*options.opts, *options.cli_opts))
    try:
        config.parse(conf, argv, PROG, description=DESCRIPTION, epilog=EPILOG)
        config.prepare_logging(conf)
    except ConfigurationError as error:
        end(PROG, 2, str(error))
    return conf


def _prepare_target(conf: cfg.ConfigOpts) -> None:
    """Make the folder of the result now: after hours of work it would be too late to fail."""
    if conf.deepaas_method_output:
        Path(conf.deepaas_method_output).parent.mkdir(parents=True, exist_ok=True)


def _the_model(conf: cfg.ConfigOpts) -> LoadedModel:
    names = config.chosen_models(conf)
    candidates = names or tuple(installed())
    if len(candidates) > 1:
        raise MultipleModelsFound(
            f"several models are named: {', '.join(names)}; name one, such as model.py:name"
            if names
            else f"several models are there: {', '.join(candidates)}; choose one with --model-name "
            "or the environment variable DEEPAAS_V2_MODEL"
        )
    loaded = load_models(names or candidates)
    if len(loaded) > 1:
        known = [model.description.name for model in loaded]
        raise MultipleModelsFound(
            f"{candidates[0]} holds several models: {', '.join(known)}; choose one, such as "
            f"{candidates[0]}:{known[0]}"
        )
    return loaded[0]


class _Command:
    """One run of the command.

    Args:
        conf: its options.
        model: its model.
        out: where results are printed.
    """

    def __init__(self, conf: cfg.ConfigOpts, model: LoadedModel, out: Results) -> None:
        self._conf = conf
        self._settings = Settings.from_conf(conf, ())
        self._out = out
        self._model = model
        self._name = model.description.name
        self._provision = provide(self._settings, self._name, model.needs)
        self._target = Path(conf.deepaas_method_output) if conf.deepaas_method_output else None

    async def run(self, method: str, argv: Sequence[str]) -> int:
        """Do what ``method`` says; return the exit code."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is a coroutine
        handle_signals(task.cancel)
        code: int = await getattr(self, f"_{method}")(argv)
        return code

    async def _get_metadata(self, argv: Sequence[str]) -> int:
        _parser("get_metadata", Arguments()).parse(argv)
        # In a thread, where it may use an event loop of its own.
        metadata = await asyncio.to_thread(metadata_of, self._name, self._model.model)
        self._result(to_json(metadata))
        return 0

    async def _warm(self, argv: Sequence[str]) -> int:
        _parser("warm", Arguments()).parse(argv)
        async with self._served(warm=True):
            self._out.line("return: None")
        return 0

    async def _predict(self, argv: Sequence[str]) -> int:
        arguments = self._offered(self._model.description.predict, "predict")
        parser = _parser("predict", arguments)
        with _usage(parser):
            calls = spread(arguments, parser.parse(argv))
        if self._target is not None and len(calls) == 1:
            calls = [as_written(arguments, calls[0], self._target)]
        async with self._served() as (served, scratch):
            # What is wrong with the first call is mostly wrong with all.
            with _usage(parser), prepared(arguments, calls[0], scratch):
                pass
            batch = Batch(
                served,
                scratch,
                jsonl=self._conf.output_format == "jsonl",
                target=self._target,
                window=2
                * self._provision.workers
                * max(1, served.description.batching.largest, served.description.concurrency),
                results=self._out,
            )
            return 1 if await batch.run(calls) else 0

    async def _train(self, argv: Sequence[str]) -> int:
        arguments = self._offered(self._model.description.train, "train")
        parser = _parser("train", arguments)
        given = parser.parse(argv)
        async with self._served(trains=True) as (served, scratch):
            with _usage(parser), prepared(arguments, Call(given, ""), scratch) as ready:
                training = await self._trained(served, ready.raw)
            if training.status is not Status.DONE:
                complain(PROG, training.message or f"the training was {training.status.value}")
                return 1
            self._result(orjson.dumps(training.as_json()))
            return 0

    async def _trained(self, served: ServedModel, raw: dict[str, Any]) -> Training:
        """Run a training to its end; when the command is interrupted, it is cancelled."""
        async with training_service(self._settings) as service:
            training = await service.start(served, raw, caller=PROG)
            try:
                with Progress() as progress:
                    async for event in service.follow(served, training.identifier):
                        progress.show(event)
                await service.wait(training)
            except asyncio.CancelledError:
                if not training.status.finished:
                    await service.delete(served, training.identifier)
                complain(PROG, f"training {training.identifier} was {training.status.value}")
                raise
            return training

    def _offered(self, arguments: Arguments | None, function: str) -> Arguments:
        if arguments is None:
            raise FunctionNotOffered(f"model {self._name!r} has no {function} function")
        return arguments

    def _result(self, encoded: bytes) -> None:
        self._out.line(f"return: {encoded.decode()}")
        if self._target is not None:
            write(Answer(JSON, encoded), self._target)

    @asynccontextmanager
    async def _served(
        self, warm: bool | None = None, trains: bool = False
    ) -> AsyncIterator[tuple[ServedModel, Scratch]]:
        scratch = Scratch(self._settings.temporary_directory or None)
        executor = self._executor(self._conf.warm if warm is None else warm, trains)
        try:
            try:
                await executor.start()
            except WorkerNotReady as error:
                raise not_ready(self._name, error) from error
            yield (
                ServedModel(
                    self._model.description,
                    self._model.model,
                    executor,
                    None,
                    scratch,
                    version=self._model.version,
                ),
                scratch,
            )
        finally:
            await executor.close()
            scratch.close()

    def _executor(self, warm: bool, trains: bool) -> Executor:
        if not self._conf.deepaas_with_multiprocessing:
            return InlineExecutor(Prepare(self._model.source, warm))
        logs = self._settings.log_level, self._settings.log_file, self._settings.log_format
        setup = Prepare(self._model.source, warm, *logs)
        # What a training prints is kept as its log, and shown beside its result, not before it.
        output = to_stderr if trains else None
        provision = self._provision
        concurrency = 0 if trains else self._model.description.concurrency
        return LocalExecutor(setup, provision.workers, output, provision.environments, concurrency)


def _parser(method: str, arguments: Arguments) -> OptionsParser:
    words = " ".join(filter(None, (arguments.summary, METHODS[method])))
    return OptionsParser(f"{PROG} {method}", words, arguments)


@contextmanager
def _usage(parser: OptionsParser) -> Iterator[None]:
    """Turn arguments that do not fit into a message and exit code 2."""
    try:
        yield
    except InvalidArguments as error:
        parser.error(
            "; ".join(f"--{name}: {in_words(text)}" for name, text in error.messages.items())
        )


if __name__ == "__main__":
    main()
