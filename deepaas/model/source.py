"""Where a model comes from, in a form that can be sent to a worker."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, reduce
from importlib import metadata
from pathlib import Path
from typing import Any

from deepaas.exceptions import InvalidModel, ModuleNotFoundError
from deepaas.model.authored import Recipe, describable, models_in
from deepaas.model.flaat import REMEDY as FLAAT_REMEDY
from deepaas.model.flaat import fails_in_flaat
from deepaas.schema.legacy import old_ways_allowed

# What old modules import without declaring it, and where it comes from.
LEGACY_MODULES = frozenset({"werkzeug", "dateutil", "psutil", "pkg_resources", "setuptools"})


@dataclass(frozen=True)
class Source:
    """A reference to a model object.

    Args:
        name: the name under which the model is served.
        value: ``package.module`` or ``package.module:object``, as in an entry point.
        distribution: the installed package that offers it, for messages.
        within: the name by which what holds several models was asked for; empty for ``name``.
        file: path of the file that holds the module; empty where it is imported by its name.
    """

    name: str
    value: str
    distribution: str = ""
    within: str = ""
    file: str = ""

    @property
    def version(self) -> str:
        """Version of the package that offers it; empty if that is not known."""
        try:
            return metadata.version(self.distribution) if self.distribution else ""
        except metadata.PackageNotFoundError:
            return ""

    def load(self, describing: bool = False) -> Any:
        """Import the model object; a class is instantiated.

        Args:
            describing: whether it is to be described only, without running anything: see
                ``deepaas.model.authored.describable``.

        Raises:
            ModuleNotFoundError: something cannot be imported.
            InvalidModel: the module raised, the object does not exist, or the class cannot be
                instantiated.
        """
        with old_ways_allowed():
            recipe = self._recipes()[self.name]
            return recipe(self._describable if describing else self._instance)

    def members(self) -> list[Source]:
        """Return the models that it holds, each by itself; most hold just one.

        Raises:
            DeepaasError: see ``load``.
        """
        with old_ways_allowed():
            return [replace(self, name=name, within=self.name) for name in self._recipes()]

    def _recipes(self) -> dict[str, Recipe]:
        module_name, _, path = self.value.partition(":")
        module = self._import(module_name.strip())
        try:
            found = reduce(getattr, filter(None, path.strip().split(".")), module)
        except AttributeError as error:
            # A model may have another name than what makes it, such as that of its module.
            stem = Path(self.file).stem if self.file else module_name.rpartition(".")[2].strip()
            if (recipe := models_in(module, stem).get(path)) is not None:
                return {self.name: recipe}
            named = "its entry point is" if self.distribution else "it is to be"
            raise InvalidModel(
                f"model {self.name!r}: {named} {self.value!r}, but {error}"
            ) from error
        return models_in(found, self.within or self.name)

    def _import(self, module_name: str) -> Any:
        try:
            if self.file:
                return import_file(module_name, self.file)
            return importlib.import_module(module_name)
        except ImportError as error:
            raise ModuleNotFoundError(
                f"model {self.name!r} cannot be imported: {error}"
                f"{_where(error, module_name)}{_remedy(error)}"
            ) from error
        except SystemExit as error:
            raise InvalidModel(
                f"model {self.name!r} cannot be imported: {self.value} calls sys.exit"
                f"{_where(error, module_name)}"
            ) from error
        except Exception as error:
            raise InvalidModel(
                f"model {self.name!r} cannot be imported: {type(error).__name__}: {error}"
                f"{_where(error, module_name)}{_remedy(error)}"
            ) from error

    def _describable(self, model_class: type) -> Any:
        return self._made(model_class, partial(describable, model_class))

    def _instance(self, model_class: type) -> Any:
        return self._made(model_class, model_class)

    def _made(self, model_class: type, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (Exception, SystemExit) as error:
            raise InvalidModel(
                f"model {self.name!r}: the class {model_class.__name__} cannot be instantiated "
                f"without arguments: {type(error).__name__}: {error}"
            ) from error


@dataclass(frozen=True)
class GivenModel:
    """A model object that is at hand already, sent to workers by pickling.

    Args:
        name: the name under which the model is served.
        model: the object; it must pickle.
    """

    name: str
    model: Any

    @property
    def version(self) -> str:
        """It belongs to no package that is known."""
        return ""

    def load(self, describing: bool = False) -> Any:
        """Return the object."""
        return self.model


def import_file(name: str, file: str) -> Any:
    """Return the module that a file holds, as an import by its name would find it.

    Args:
        name: the module's name.
        file: the file's path; its folder is among those that are searched for modules already.

    Raises:
        Exception: whatever the module raises.
    """
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == file:
        return known
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file", name=name)
    module = importlib.util.module_from_spec(spec)
    # What is pickled here names its classes by this.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _where(error: BaseException, module_name: str) -> str:
    """Return the line of a module's file that an error comes from, for its author to look at."""
    lines = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") == module_name
    ]
    return f" (line {lines[-1][1]} of {lines[-1][0]})" if lines else ""


def _remedy(error: Exception) -> str:
    if fails_in_flaat(error):
        return f" ({FLAAT_REMEDY})"
    named = error.name if isinstance(error, ImportError) else None
    missing = (named or "").partition(".")[0]
    if missing in LEGACY_MODULES:
        return f" (old modules use {missing} without declaring it: pip install 'deepaas[legacy]')"
    return ""
