"""What following a block means, for each kind."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from oslo_config import cfg

from deepaas import config
from deepaas.exceptions import ConfigurationError
from deepaas.opts import list_opts
from deepaas.sections import PREFIX
from tests.pages import HOW
from tests.pages.reading import ROOT, Block, agree, steps
from tests.pages.spared import INSTEAD, SPARED
from tests.pages.terminal import Terminal

# What commands and answers say when something has failed.
FAILED = re.compile(r'"error"|\berror:')
SAID = re.compile(r"^ *print\(.*\)  # (.*)$", re.MULTILINE)


def differs(block: Block, told: str) -> Exception:
    """Return an error that tells an author what to do, without a traceback of the tests."""
    return pytest.fail.Exception(f"{block.where}: {told}\n{HOW}", pytrace=False)


def follow(block: Block, terminal: Terminal, folder: Path) -> None:
    """Do what a block tells.

    Args:
        block: code of a page.
        terminal: where to do it.
        folder: for files that the page has not.

    Raises:
        Failed: something else comes of it.
    """
    if block.first in SPARED.get(block.page, ()):
        return
    if block.kind not in WAYS:
        raise differs(block, f"blocks of {block.kind or 'no language'} cannot be followed")
    WAYS[block.kind](block, terminal, folder)


def instead(text: str) -> str:
    """Return a console as it is typed by a test."""
    for slow, quick in INSTEAD.items():
        text = text.replace(slow, quick)
    return text


def _console(block: Block, terminal: Terminal, folder: Path) -> None:
    for step in steps(instead(block.text)):
        if step.command in SPARED.get(block.page, ()):
            continue
        code, printed = terminal.run(step.command, step.shown)
        if step.shown and not agree(step.shown, printed):
            raise differs(
                block,
                f"$ {step.command}\nprints\n{printed}\nThe page shows\n{step.shown}",
            )
        if not step.shown and (code != 0 or FAILED.search(printed)):
            raise differs(block, f"$ {step.command}\nfails with exit code {code}:\n{printed}")


def _python(block: Block, terminal: Terminal, folder: Path) -> None:
    if block.caption:
        terminal.write(block.caption, block.text)
        return
    printed, shown = terminal.execute(block.text), SAID.findall(block.text)
    lines = printed.splitlines()
    if "Traceback" in printed or [one for one in shown if one not in lines]:
        raise differs(block, f"the code prints\n{printed}\nThe page shows\n" + "\n".join(shown))


def _ini(block: Block, terminal: Terminal, folder: Path) -> None:
    path = folder / "page.conf"
    path.write_text(block.text)
    read = configparser.ConfigParser(interpolation=None, default_section="")
    read.read_string(block.text)
    for section in read.sections():
        listed = dict(list_opts())
        group = f"{PREFIX}name" if section.startswith(PREFIX) else section
        known = {one.dest for one in listed.get(group, ())}
        if unknown := {one.replace("-", "_") for one in read[section]} - known:
            raise differs(block, f"[{section}] has no option {', '.join(sorted(unknown))}")
    conf = cfg.ConfigOpts()
    config.register(conf)
    try:
        config.parse(conf, ["--config-file", str(path)], "deepaas-run")
    except ConfigurationError as error:
        raise differs(block, f"deepaas-run refuses it: {error}") from error
    _written(block, terminal)


def _document(read: Callable[[str], object]) -> Callable[[Block, Terminal, Path], None]:
    def follow_document(block: Block, terminal: Terminal, folder: Path) -> None:
        try:
            content = read(block.text)
        except ValueError as error:
            raise differs(block, f"it cannot be read: {error}") from error
        if not isinstance(content, dict | list):
            raise differs(block, f"it is no document, but {content!r}")
        _written(block, terminal)

    return follow_document


def _yaml(text: str) -> object:
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _deployment(block: Block, terminal: Terminal, folder: Path) -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "deploy").glob("*.py"))
    if not re.search(rf"\b{re.escape(Path(block.caption).stem)}\b", tests):
        raise differs(block, f"tests/deploy does nothing with deploy/{block.caption}")


def _written(block: Block, terminal: Terminal) -> None:
    if block.caption:
        terminal.write(block.caption, block.text)


WAYS: dict[str, Callable[[Block, Terminal, Path], None]] = {
    "console": _console,
    "deployment": _deployment,
    "python": _python,
    "ini": _ini,
    "toml": _document(tomllib.loads),
    "json": _document(json.loads),
    "yaml": _document(_yaml),
}
