"""What models need of the server: options for all, and sections ``[model:NAME]`` for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oslo_config import cfg, types

from deepaas.authoring import Needs, checked_environment
from deepaas.exceptions import ConfigurationError

PREFIX = "model:"
# More is a slip of the finger, and would fill the machine.
MOST_WORKERS = 1000
SIZES = {"K": 1024, "M": 1024**2, "G": 1024**3}


def size(text: str) -> int:
    """Return a number of bytes out of a text such as ``1000``, ``500M`` or ``16G``.

    Args:
        text: empty for 0.

    Raises:
        ValueError: it is something else.
    """
    number, unit = text.strip().upper(), 1
    if number[-1:] in SIZES:
        number, unit = number[:-1], SIZES[number[-1]]
    if number.isdecimal():
        return int(number) * unit
    if text.strip():
        raise ValueError(f"{text!r} is not a number of bytes such as 1000, 500M or 16G")
    return 0


class Size(types.String):
    """The type of ``--memory-limit``."""

    def __call__(self, value: Any) -> str:
        """Return the text; raises ValueError where it is no size."""
        text: str = super().__call__(value)
        size(text)
        return text


class Environment(types.Dict):
    """The type of ``environment``."""

    def __init__(self) -> None:
        super().__init__(value_type=types.String(quotes=True))

    def __call__(self, value: Any) -> dict[str, str]:
        """Return variables by name; raises ValueError where there can be none like that."""
        return checked_environment(super().__call__(value))


loading_opts = [
    cfg.BoolOpt(
        "lazy",
        default=False,
        help="Load each model only at its first call.",
    ),
    cfg.FloatOpt(
        "unload-after",
        default=0.0,
        min=0,
        metavar="SECONDS",
        help="Unload a model that has had no call for so long, until its next one; 0 for never.",
    ),
    cfg.Opt(
        "memory-limit",
        type=Size(),
        default="",
        metavar="BYTES",
        help="Unload models without a call, those that were not used for longest first, while the "
        "workers of all take more than this: 500M, 16G. If not given, there is no limit.",
    ),
]

section_opts = [
    cfg.IntOpt(
        "workers",
        min=1,
        max=MOST_WORKERS,
        help="Worker processes for predictions of this model; --workers if not given.",
    ),
    cfg.StrOpt(
        "device",
        sample_default="0;1",
        help="CUDA_VISIBLE_DEVICES of its workers; with several, separated by semicolons, each "
        "worker takes one in turn. Empty hides all devices.",
    ),
    cfg.Opt(
        "environment",
        type=Environment(),
        default={},
        sample_default="OMP_NUM_THREADS:2,WEIGHTS:/srv/weights",
        help="Environment variables of its workers, which have them before they import anything. "
        "A value with commas stands in double quotes.",
    ),
    cfg.BoolOpt("lazy", help="Load it at its first call; --lazy if not given."),
    cfg.FloatOpt(
        "unload_after",
        min=0,
        help="Seconds without a call after which it is unloaded, 0 for never; --unload-after if "
        "not given.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Make the sections known that the files of a configuration have.

    Args:
        conf: a configuration that has been read.

    Raises:
        ConfigurationError: an option in one has no such name or value; names both.
    """
    known = {option.dest for option in section_opts}
    for section, given in _written(conf):
        if unknown := sorted(given - known):
            raise ConfigurationError(
                f"[{section}] has no option {unknown[0]!r}, but {', '.join(sorted(known))}"
            )
    for section in _sections(conf):
        conf.register_opts(section_opts, group=section)
        for option in section_opts:
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


def _written(conf: cfg.ConfigOpts) -> Iterator[tuple[str, set[str]]]:
    """Return which options stand in the sections; oslo.config tells of those that it knows."""
    files = [Path(one) for one in conf.config_file]
    for folder in conf.config_dir:
        files += Path(folder).glob("*.conf")
    for file in files:
        sections: dict[str, dict[str, Any]] = {}
        cfg.ConfigParser(str(file), sections).parse()
        for section, options in sections.items():
            if section.startswith(PREFIX):
                yield section, set(options)
