"""Finding models through entry points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from stevedore import NamedExtensionManager

from deepaas.exceptions import DeepaasError, ModuleNotFoundError, NoModelsAvailable
from deepaas.log import getLogger
from deepaas.model.reference import file_source, module_source
from deepaas.model.source import Source

LOG = getLogger(__name__)
TEST_MODEL = "deepaas-test"
TEST_MODEL_VALUE = "deepaas.model.v2.test:TestModel"


def namespace(version: str = "v2") -> str:
    """Return the entry point group of an API version."""
    return f"deepaas.{version}.model"


def installed(version: str = "v2") -> dict[str, Source]:
    """Return where each installed model comes from, by name, in alphabetical order.

    Raises:
        ModuleNotFoundError: two packages offer different models under the same name.
    """
    found: dict[str, Source] = {}
    for entry_point in sorted(entry_points(group=namespace(version)), key=lambda one: one.name):
        source = _source(entry_point)
        other = found.setdefault(source.name, source)
        if other.value != source.value:
            raise ModuleNotFoundError(
                f"model {source.name!r} is offered by two installed packages, "
                f"{other.distribution} and {source.distribution}; uninstall one of them"
            )
    return found


def choose(names: Sequence[str]) -> list[Source]:
    """Return the models to serve.

    Args:
        names: the models that the user named, by entry points, files or modules; empty for all
            that are installed.

    Raises:
        ModuleNotFoundError: a named model is not installed, and neither file nor module.
        NoModelsAvailable: none was named and none is installed.
    """
    available = installed()
    if not names:
        if not available:
            raise NoModelsAvailable(
                "no model is installed. Name a file, such as model.py. Install a package that "
                f"has an entry point in {namespace()!r}, or try the built-in one: --model-name "
                f"{TEST_MODEL}"
            )
        return list(available.values())
    return [_named(name, available) for name in dict.fromkeys(names)]


def get_model_by_name(name: str, version: str) -> Any:
    """Return the object that an entry point names, imported but not instantiated.

    Args:
        name: the model's name.
        version: the API version, ``v2``.

    Raises:
        ModuleNotFoundError: it is not installed, or cannot be imported.
    """
    available = installed(version)
    if name not in available:
        raise ModuleNotFoundError(_not_installed(name, available))
    errors: list[BaseException] = []
    manager: Any = NamedExtensionManager(
        namespace(version),
        [name],
        on_load_failure_callback=lambda _manager, _entry_point, error: errors.append(error),
    )
    if errors:
        raise ModuleNotFoundError(f"model {name!r} cannot be imported: {errors[0]}")
    return manager[name].plugin


def get_available_model_names(version: str) -> list[str]:
    """Return the names of the installed models.

    Args:
        version: the API version, ``v2``.
    """
    return list(installed(version))


def get_available_models(version: str) -> dict[str, Any]:
    """Return the installed models that can be imported, by name; the others are logged.

    Args:
        version: the API version, ``v2``.
    """
    models = {}
    for name in installed(version):
        try:
            models[name] = get_model_by_name(name, version)
        except DeepaasError as error:
            LOG.error("%s", error)
    return models


def _named(name: str, available: dict[str, Source]) -> Source:
    if name in available:
        return available[name]
    if name == TEST_MODEL:
        return Source(TEST_MODEL, TEST_MODEL_VALUE, "deepaas")
    if (source := file_source(name) or module_source(name)) is not None:
        return source
    raise ModuleNotFoundError(_not_installed(name, available))


def _not_installed(name: str, available: Iterable[str]) -> str:
    others = ", ".join(available) or "none"
    module = name.partition(":")[0]
    what = f"there is no module {module!r}, and " if "." in module or module != name else ""
    return f"{what}model {name!r} is not installed (installed: {others})"


def _source(entry_point: EntryPoint) -> Source:
    distribution = entry_point.dist.name if entry_point.dist else ""
    return Source(entry_point.name, entry_point.value.partition("[")[0].strip(), distribution)
