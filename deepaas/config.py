"""Options of the command line, INI files and the environment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg

from deepaas import extract_version, log

YES = ("true", "True", "yes", "1")
NO = ("false", "False", "no", "0")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

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
        help="Trainings that run at once, per model; the others wait their turn.",
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
    cfg.BoolOpt("access-log", default=False, help="Log a line for each request."),
    cfg.StrOpt(
        "temporary-directory",
        default="",
        metavar="PATH",
        help="Where uploads and large answers are kept during a call; the system's temporary "
        "folder if not given.",
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

opts = [*model_opts, *server_opts, *log_opts]

CONF = cfg.ConfigOpts()


def register(conf: cfg.ConfigOpts, options: Sequence[cfg.Opt] = tuple(opts)) -> None:
    """Make options known on the command line and in files.

    Args:
        conf: where to register them.
        options: the options.
    """
    conf.register_cli_opts(options)


def command_line(argv: Sequence[str]) -> list[str]:
    """Return arguments with ``--no-warm`` and its like as oslo.config spells them, ``--nowarm``.

    Args:
        argv: command-line arguments without the program's name.
    """
    spellings = {
        f"--no-{one.name}": f"--no{one.name}" for one in opts if isinstance(one, cfg.BoolOpt)
    }
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
        SystemExit: with code 2 for bad options, with 0 after ``--help`` and ``--version``.
        oslo_config.cfg.Error: for bad values in files or the environment.
    """
    conf(
        command_line(argv),
        project="deepaas",
        prog=prog,
        version=extract_version(),
        default_config_files=None if default_config_files is None else list(default_config_files),
        use_env=True,
        **more,
    )


def chosen_models(conf: cfg.ConfigOpts) -> tuple[str, ...]:
    """Return the models that options, files or ``DEEPAAS_V2_MODEL`` name, in that order.

    Args:
        conf: a configuration that has been read.
    """
    named = conf.model_name or os.environ.get("DEEPAAS_V2_MODEL", "").split(",")
    return tuple(name.strip() for name in named if name.strip())


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
        OSError: the log file cannot be opened.
    """
    log.setup("DEBUG" if conf.debug else conf.log_level, conf.log_file)


def fill(conf: cfg.ConfigOpts = CONF) -> None:
    """Make a configuration that nobody has read take files and the environment alone.

    Args:
        conf: the configuration.
    """
    register(conf)
    if "config_file" not in conf:
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
