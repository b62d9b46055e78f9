"""Where a model comes from, in a form that can be sent to a worker."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from importlib import metadata
from typing import Any

from deepaas.exceptions import InvalidModel, ModuleNotFoundError
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
    """

    name: str
    value: str
    distribution: str = ""

    @property
    def version(self) -> str:
        """Version of the package that offers it; empty if that is not known."""
        try:
            return metadata.version(self.distribution) if self.distribution else ""
        except metadata.PackageNotFoundError:
            return ""

    def load(self) -> Any:
        """Import the model object; a class is instantiated.

        Raises:
            ModuleNotFoundError: something cannot be imported.
            InvalidModel: the module raised, the object does not exist, or the class cannot be
                instantiated.
        """
        module_name, _, path = self.value.partition(":")
        with old_ways_allowed():
            module = self._import(module_name.strip())
            try:
                found = reduce(getattr, filter(None, path.strip().split(".")), module)
            except AttributeError as error:
                raise InvalidModel(
                    f"model {self.name!r}: its entry point is {self.value!r}, but {error}"
                ) from error
            return self._instance(found) if isinstance(found, type) else found

    def _import(self, module_name: str) -> Any:
        try:
            return importlib.import_module(module_name)
        except ImportError as error:
            raise ModuleNotFoundError(
                f"model {self.name!r} cannot be imported: {error}{_remedy(error)}"
            ) from error
        except SystemExit as error:
            raise InvalidModel(
                f"model {self.name!r} cannot be imported: {self.value} calls sys.exit"
            ) from error
        except Exception as error:
            raise InvalidModel(
                f"model {self.name!r} cannot be imported: {type(error).__name__}: {error}"
            ) from error

    def _instance(self, model_class: Callable[[], Any]) -> Any:
        try:
            return model_class()
        except (Exception, SystemExit) as error:
            raise InvalidModel(
                f"model {self.name!r}: the class {self.value!r} cannot be instantiated without "
                f"arguments: {type(error).__name__}: {error}"
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

    def load(self) -> Any:
        """Return the object."""
        return self.model


def _remedy(error: ImportError) -> str:
    missing = (error.name or "").partition(".")[0]
    if missing in LEGACY_MODULES:
        return f" (old modules use {missing} without declaring it: pip install 'deepaas[legacy]')"
    return ""
