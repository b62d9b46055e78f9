"""Reads what single models need of the server: the sections ``[model:NAME]`` of files.

Those of ``[flaat]`` are known without them, but read as closely: an audience that is not required
since it was written otherwise would let in whom nobody means.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from oslo_config import cfg

from deepaas.authoring import Needs
from deepaas.exceptions import ConfigurationError
from deepaas.options import flaat_opts, section_opts
from deepaas.options.flaat import GROUP

PREFIX = "model:"


def register(conf: cfg.ConfigOpts) -> None:
    """Make the sections known that the files of a configuration have.

    Args:
        conf: a configuration that has been read.

    Raises:
        ConfigurationError: an option in one has no such name or value; names both.
    """
    for section, given in written(conf).items():
        if section != GROUP and not section.startswith(PREFIX):
            continue
        known = {option.dest for option in (flaat_opts if section == GROUP else section_opts)}
        if unknown := sorted(given - known):
            raise ConfigurationError(
                f"[{section}] has no option {unknown[0]!r}, but {', '.join(sorted(known))}"
            )
    for section in _sections(conf):
        conf.register_opts(section_opts, group=section)
        _check(conf, section, section_opts)
    _check(conf, GROUP, flaat_opts)


def _check(conf: cfg.ConfigOpts, section: str, options: list[cfg.Opt]) -> None:
    for option in options:
        try:
            conf[section][option.dest]
        except (cfg.Error, ValueError) as error:
            why = " ".join(str(error).split()).rpartition("is not valid: ")[2]
            raise ConfigurationError(f"[{section}] {option.name}: {why}") from None


def needs(conf: cfg.ConfigOpts) -> dict[str, Needs]:
    """Return what the sections say, by the names of the models.

    Args:
        conf: a configuration whose sections are registered.
    """
    return {
        section.removeprefix(PREFIX): Needs(
            **{option.dest: conf[section][option.dest] for option in section_opts}
        )
        for section in _sections(conf)
    }


def _sections(conf: cfg.ConfigOpts) -> list[str]:
    return [one for one in conf.list_all_sections() if one.startswith(PREFIX)]


def written(conf: cfg.ConfigOpts) -> dict[str, set[str]]:
    """Return which options stand in each section of files; oslo.config tells of those it knows.

    Args:
        conf: a configuration that has been read.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    files = [Path(one) for one in conf.config_file]
    for folder in conf.config_dir:
        files += Path(folder).glob("*.conf")
    for file in files:
        sections: dict[str, dict[str, Any]] = {}
        cfg.ConfigParser(str(file), sections).parse()
        for section, options in sections.items():
            found[section] |= options.keys()
    return found
