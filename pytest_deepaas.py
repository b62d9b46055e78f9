"""A plugin of pytest: fixtures that serve a model.

A module of its own beside the package, since pytest imports it in whatever project its tests are:
nothing of the package is imported before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

_SERVED = pytest.StashKey[list[Any]]()


class ServeModel:
    """Starts servers that end with a fixture; see ``deepaas.testing.serve``.

    Args:
        stack: ends them.
        running: those that run now.
        root: the project's folder, as pytest has found it.
    """

    def __init__(self, stack: ExitStack, running: list[Any], root: Path) -> None:
        self._stack = stack
        self._running = running
        self._root = root

    def __call__(self, *models: Any, **options: Any) -> Any:
        """Serve models; return a ``deepaas.testing.Served`` to ask."""
        from deepaas.testing import serve

        if not models and not _in_a_project(Path.cwd()):
            # The tests are run from elsewhere: pytest my-model
            options.setdefault("cwd", self._root)
        served = self._stack.enter_context(serve(*models, **options))
        self._running.append(served)
        self._stack.callback(self._running.remove, served)
        return served


def _serve_model(pytestconfig: pytest.Config) -> Iterator[ServeModel]:
    """Serve a model in the real way: ``serve_model("model.py").predict(text="hello")``."""
    with ExitStack() as stack:
        running = pytestconfig.stash.setdefault(_SERVED, [])
        yield ServeModel(stack, running, pytestconfig.rootpath)


def _in_a_project(folder: Path) -> bool:
    return any((one / "pyproject.toml").is_file() for one in (folder, *folder.parents))


serve_model = pytest.fixture(name="serve_model")(_serve_model)
module_serve_model = pytest.fixture(name="module_serve_model", scope="module")(_serve_model)
session_serve_model = pytest.fixture(name="session_serve_model", scope="session")(_serve_model)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show beside a failure what the servers have printed."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.failed:
        for served in item.config.stash.get(_SERVED, []):
            report.sections.append((f"deepaas-run at {served.url}", served.log))
