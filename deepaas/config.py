"""Options of the command line, INI files and the environment."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import re
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg
from oslo_config.cfg import Locations

from deepaas import extract_version, log, sections
from deepaas.exceptions import ConfigurationError
from deepaas.sections import MOST_WORKERS
from deepaas.settings import kept

YES = ("true", "True", "yes", "1")
NO = ("false", "False", "no", "0")
LEVELS = (
    ("DEBUG", "what the server does, step by step"),
    ("INFO", "what an operator may like to know"),
    ("WARNING", "what is likely a mistake, and workers that had to be replaced"),
    ("ERROR", "what failed, with the tracebacks of models"),
    ("CRITICAL", "next to nothing"),
)


# What a configuration file has no use for.
positional_opts = [
    cfg.MultiStrOpt(
        "model",
        default=[],
        positional=True,
        required=False,
        metavar="MODEL",
        help="Models to serve: a file such as model.py, a module, module:object, or the name of "
        "an installed one. Without any, --model-name says which.",
    ),
]

model_opts = [
    cfg.MultiStrOpt(
        "model-name",
        default=[],
        metavar="NAME",
        help="Model to serve, as its entry point in 'deepaas.v2.model' is called; may be given "
        "several times. Without it all installed models are served.",
    ),
    cfg.BoolOpt(
        "warm",
        default=True,
        help="Call the model's 'warm' in each worker before the server listens.",
    ),
    cfg.IntOpt(
        "workers",
        short="p",
        default=1,
        min=1,
        max=MOST_WORKERS,
        help="Worker processes for predictions, per model.",
    ),
]

server_opts = [
    cfg.HostAddressOpt("listen-ip", default="127.0.0.1", help="Address to listen on."),
    cfg.PortOpt("listen-port", default=5000, help="Port to listen on; 0 takes any free one."),
    cfg.StrOpt(
        "base-path",
        default="",
        metavar="PATH",
        help="Path under which all routes lie, such as /models.",
    ),
    cfg.IntOpt(
        "train-workers",
        default=1,
        min=1,
        max=MOST_WORKERS,
        help="Trainings that run at once, per model; the others wait their turn.",
    ),
    cfg.IntOpt(
        "max-queued-predictions",
        default=1000,
        min=0,
        help="Predictions that may wait for a worker, per model; more are refused with 503.",
    ),
    cfg.BoolOpt(
        "shared-workers",
        default=False,
        help="Run trainings in the workers of predictions, as DEEPaaS 2.6 did: for models that "
        "must keep all in one process (GPU memory). Predictions then wait for trainings.",
    ),
    cfg.BoolOpt(
        "predict-only",
        default=False,
        help="Offer inference and nothing else: training routes refuse.",
    ),
    cfg.BoolOpt("predict-endpoint", default=True, help="Offer predictions."),
    cfg.BoolOpt("train-endpoint", default=True, help="Offer trainings."),
    cfg.BoolOpt("doc-endpoint", default=True, help="Offer the Swagger UI at /api."),
    cfg.BoolOpt("metrics-endpoint", default=True, help="Offer metrics for Prometheus at /metrics."),
    cfg.BoolOpt(
        "debug-endpoint",
        default=False,
        help="Show what models print and log at /v2/debug/, to whoever can reach the server.",
    ),
    cfg.IntOpt(
        "client-max-size",
        default=0,
        min=0,
        metavar="BYTES",
        help="Largest request body; 0 sets no limit.",
    ),
    cfg.FloatOpt(
        "shutdown-grace",
        default=8.0,
        min=0,
        metavar="SECONDS",
        help="How long running calls may go on when the server is told to stop.",
    ),
    cfg.BoolOpt(
        "reload",
        default=False,
        help="For authors, not for production: when a file of a model is saved, serve it anew. "
        "Requests wait meanwhile; a file with an error is reported, and the old code serves on.",
    ),
    cfg.BoolOpt(
        "access-log",
        default=False,
        help="Log a line for each request: who asked for what, the status, and how long it took.",
    ),
    cfg.BoolOpt(
        "tracing",
        default=False,
        help="Send traces of requests by OpenTelemetry, as the environment variables OTEL_… say. "
        "Needs deepaas[otel].",
    ),
    cfg.StrOpt(
        "temporary-directory",
        default="",
        metavar="PATH",
        help="Where uploads and large answers are kept during a call; the system's temporary "
        "folder if not given.",
    ),
]

state_opts = [
    cfg.StrOpt(
        "state-dir",
        default="",
        metavar="PATH",
        help="Where trainings are kept: their database, logs, checkpoints and results. If not "
        "given, deepaas in $XDG_STATE_HOME or in ~/.local/state.",
    ),
    cfg.StrOpt(
        "database-url",
        default="",
        metavar="URL",
        secret=True,
        help="Database for trainings that several servers share, such as "
        "postgresql://user:password@host/name. If not given, a file in the state directory.",
    ),
    cfg.IntOpt(
        "max-queued-trainings",
        default=1000,
        min=1,
        help="Trainings that may wait for their turn; more are refused with 503.",
    ),
    cfg.FloatOpt(
        "cancel-grace",
        default=3.0,
        min=0,
        metavar="SECONDS",
        help="How long a cancelled training that asks whether it is may take to save what it has; "
        "one that does not ask is killed at once.",
    ),
    cfg.StrOpt(
        "keep-trainings",
        default="",
        metavar="BOUNDS",
        help="How many finished trainings to keep for each model, and for how long: 100, 30d "
        "(also w, h and m), or 100,30d. If not given, all are kept.",
    ),
]

log_opts = [
    cfg.BoolOpt("debug", short="d", default=False, help="The same as --log-level DEBUG."),
    cfg.StrOpt(
        "log-level",
        default="INFO",
        choices=LEVELS,
        ignore_case=True,
        help="Lowest level of messages to log.",
    ),
    cfg.StrOpt(
        "log-format",
        default="text",
        choices=[("text", "lines for people"), ("json", "a JSON object in each line")],
        help="How messages are logged.",
    ),
    cfg.StrOpt("log-file", metavar="PATH", help="File to log to instead of standard error."),
]

cli_opts = [
    cfg.StrOpt(
        "deepaas_method_output",
        default="",
        metavar="FILE",
        help="File to write the result to; a folder where there are several inputs. Folders are "
        "made, and an ending that does not fit the content is completed.",
    ),
    cfg.BoolOpt(
        "deepaas_with_multiprocessing",
        default=True,
        help="Run the model in worker processes; otherwise in the process of the command.",
    ),
    cfg.StrOpt(
        "output-format",
        default="text",
        choices=["text", "jsonl"],
        help="'text' prints a line 'return: ...' for each input, 'jsonl' a line of JSON.",
    ),
]

opts = [*model_opts, *sections.loading_opts, *server_opts, *state_opts, *log_opts]

CONF = cfg.ConfigOpts()


def register(conf: cfg.ConfigOpts, options: Sequence[cfg.Opt] = tuple(opts)) -> None:
    """Make options known on the command line and in files; forget what was read before.

    Args:
        conf: where to register them.
        options: the options.
    """
    # Nothing can be added to what was read already, by a module's own tests for instance.
    conf.reset()
    conf.register_cli_opts((*positional_opts, *options))


def command_line(argv: Sequence[str]) -> list[str]:
    """Return arguments with switches as oslo.config spells them, ``--nowarm``.

    People write ``--no-warm`` and ``--warm=false`` as well.

    Args:
        argv: command-line arguments without the program's name.
    """
    spellings = {}
    for option in (*opts, *cli_opts):
        if isinstance(option, cfg.BoolOpt):
            on, off = f"--{option.name}", f"--no{option.name}"
            spellings[f"--no-{option.name}"] = off
            spellings |= {f"{on}={word}": on for word in YES}
            spellings |= {f"{on}={word}": off for word in NO}
    return [spellings.get(argument, argument) for argument in argv]


def parse(
    conf: cfg.ConfigOpts,
    argv: Sequence[str],
    prog: str,
    default_config_files: Sequence[str] | None = None,
    **more: Any,
) -> None:
    """Read the command line, configuration files and the environment.

    Args:
        conf: gets the values; options are registered already.
        argv: command-line arguments without the program's name.
        prog: the program's name.
        default_config_files: files to read where none is named; None for
            ``~/.deepaas/deepaas.conf`` and oslo.config's other places.
        more: passed on to oslo.config, such as ``description``.

    Raises:
        SystemExit: with code 0 after ``--help`` and ``--version``.
        ConfigurationError: for bad options, and bad values wherever they are; names them.
    """
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            _read(conf, command_line(argv), prog, default_config_files, **more)
            sections.register(conf)
        for option in opts:
            if getattr(conf, option.dest) is None and option.default is not None:
                raise ConfigurationError(f"--{option.name} is given without a value")
        # Not a type of its own: of what that raises, oslo.config drops the words.
        kept(conf.keep_trainings)
    except SystemExit as ended:
        if not ended.code:
            raise
        # The usage, twenty lines of all options, would hide the last one, which counts.
        text = complaint.getvalue().splitlines()[-1].removeprefix(f"{prog}: error: ")
        raise ConfigurationError(_as_on_the_command_line(text)) from None
    except cfg.ConfigFilesNotFoundError as error:
        missing = ", ".join(error.config_files)
        raise ConfigurationError(f"configuration file not found: {missing}") from None
    except (cfg.Error, ValueError) as error:
        text = re.sub(r"LocationInfo\(.*?detail='(.*?)'\)", r"\1", str(error))
        raise ConfigurationError(_as_on_the_command_line(" ".join(text.split()))) from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from None


def _as_on_the_command_line(text: str) -> str:
    """Return an error of oslo.config, which names options as files do, with options' own names."""
    for option in opts:
        if option.dest != option.name:
            text = re.sub(rf"(--)?\b{option.dest}\b", f"--{option.name}", text)
    return text


def _read(
    conf: cfg.ConfigOpts,
    argv: Sequence[str],
    prog: str,
    default_config_files: Sequence[str] | None,
    **more: Any,
) -> None:
    """Let the command line come before the environment, and that before files.

    oslo.config alone lets a file that is named behind an option, and the environment for an option
    that is in a file too, come before the command line.
    """
    parser = argparse.ArgumentParser(prog, add_help=False)
    parser.add_argument("--config-file", action="append", default=[])
    parser.add_argument("--config-dir", action="append", default=[])
    named, options = parser.parse_known_args(argv)
    files = [f"--config-file={one}" for one in named.config_file]
    files += [f"--config-dir={one}" for one in named.config_dir]
    more |= {"project": "deepaas", "prog": prog, "version": extract_version()}

    conf(options, default_config_files=[], default_config_dirs=[], use_env=False, **more)
    given = {name: conf[name] for name in conf if _is_from(conf, name, Locations.command_line)}
    defaults = None if default_config_files is None else list(default_config_files)
    if named.config_dir and not named.config_file:
        defaults = []
    conf([*files, *options], default_config_files=defaults, use_env=True, **more)
    for name, value in given.items():
        conf.set_override(name, value)


def _is_from(conf: cfg.ConfigOpts, name: str, location: Locations) -> bool:
    found = conf.get_location(name)
    return found is not None and found.location is location


def chosen_models(conf: cfg.ConfigOpts) -> tuple[str, ...]:
    """Return the models that options, files or ``DEEPAAS_V2_MODEL`` name, in that order.

    Args:
        conf: a configuration that has been read.
    """
    named = [*conf.model, *conf.model_name]
    if _is_from(conf, "model_name", Locations.environment):
        # oslo.config takes the text of an environment variable for a list of letters.
        named = "".join(named).split(",")
    return _names(named) or _names(os.environ.get("DEEPAAS_V2_MODEL", "").split(","))


def _names(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for text in texts if (name := text.strip()))


def setup(argv: Sequence[str], default_config_files: Sequence[str] | None = None) -> None:
    """Fill ``CONF`` and set up logging, for old modules.

    Args:
        argv: the command line, with the program's name first.
        default_config_files: files to read where none is named.
    """
    register(CONF)
    parse(
        CONF,
        argv[1:],
        prog="deepaas",
        default_config_files=default_config_files,
    )
    prepare_logging()


def prepare_logging(conf: cfg.ConfigOpts = CONF) -> None:
    """Set up logging as the configuration says.

    Args:
        conf: a configuration that has been read.

    Raises:
        ConfigurationError: the log file cannot be opened.
    """
    level = "DEBUG" if conf.debug else conf.log_level
    try:
        log.setup(level, conf.log_file, form=conf.log_format)
    except OSError as error:
        raise ConfigurationError(f"--log-file {conf.log_file}: {error.strerror}") from None


def fill(conf: cfg.ConfigOpts = CONF) -> None:
    """Make a configuration that nobody has read take files and the environment alone.

    Args:
        conf: the configuration.
    """
    if "config_file" not in conf:
        register(conf)
        parse(conf, [], "deepaas")


def parse_args(argv: Sequence[str], default_config_files: Sequence[str] | None = None) -> None:
    """Fill ``CONF``, for old modules; see ``setup``."""
    register(CONF)
    parse(CONF, argv[1:], "deepaas", default_config_files)


def config_and_logging(
    argv: Sequence[str], default_config_files: Sequence[str] | None = None
) -> None:
    """Fill ``CONF`` and set up logging, for old modules; see ``setup``."""
    setup(argv, default_config_files)
