"""Reads the options: the command line, INI files and the environment."""

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
from deepaas.options import cli_opts, flaat_opts, opts, positional_opts
from deepaas.options.access import WAYS
from deepaas.options.browsers import checked_hosts, checked_origins
from deepaas.options.flaat import GROUP
from deepaas.options.kinds import networks
from deepaas.settings import kept, rate_limits

YES = ("true", "True", "yes", "1")
NO = ("false", "False", "no", "0")
# What the names of variables that give options begin with.
VARIABLE = "OS_DEFAULT__"

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
    conf.register_opts(flaat_opts, group=GROUP)


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
        ways = set(conf.auth)
        if not ways or not ways.issubset(WAYS) or (len(ways) > 1 and "none" in ways):
            raise ConfigurationError(
                f"--auth is {', '.join(WAYS)} or tokens,flaat, not {','.join(conf.auth)!r}"
            )
        # Not types of their own: of what these raise, oslo.config drops the words.
        kept(conf.keep_trainings)
        networks(conf.trusted_proxies)
        checked_origins(conf.cors_origins)
        checked_hosts(conf.allowed_hosts)
        rate_limits(conf)
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


def unread(conf: cfg.ConfigOpts) -> list[str]:
    """Return what is given, and is no option of the server or the command line's: slips, mostly.

    Args:
        conf: a configuration that has been read.

    Returns:
        Names in ``[DEFAULT]`` of files, and of variables of the environment.
    """
    known = {option.dest for option in (*opts, *cli_opts)}
    variables = {f"{VARIABLE}{name.upper()}" for name in known}
    given = {name for name in os.environ if name.startswith(VARIABLE)}
    return sorted(sections.written(conf).get("DEFAULT", set()) - known) + sorted(given - variables)


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
