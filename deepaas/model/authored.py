"""Models out of modules, classes and functions, marked by decorators or not."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import deepaas
from deepaas.authoring import NEEDS, Mark, Needs, Role, mark_of, needs_of
from deepaas.exceptions import InvalidModel

# What a model may offer, beside what is marked.
OFFERED = (
    "get_metadata",
    "warm",
    "get_predict_args",
    "predict",
    "get_train_args",
    "train",
    "schema",
)
DECORATORS = (deepaas.predict, deepaas.train, deepaas.warm, deepaas.metadata, deepaas.served)


class Ambiguous(InvalidModel):
    """It cannot be told which function does what, or which model has a name.

    Args:
        problems: what cannot, and what to do about it, one by one.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Authored:
    """A model put together from functions.

    Args:
        offered: what it offers, by the names in ``OFFERED``.
        needs: what it needs of the server.
        documentation: its author's words for it.
    """

    def __init__(
        self, offered: Mapping[str, Any], needs: Needs | None = None, documentation: str = ""
    ) -> None:
        for name, thing in offered.items():
            setattr(self, name, thing)
        setattr(self, NEEDS, needs or Needs())
        self.__doc__ = documentation or None


Instantiate = Callable[[type], Any]
"""Makes an object of a class."""
Recipe = Callable[[Instantiate], Any]
"""Makes a model object; its classes are left alone until then."""


def models_in(thing: Any, name: str) -> dict[str, Recipe]:
    """Return how to make the models that a module, class, function or object holds, by name.

    Args:
        thing: what an entry point or a person has named.
        name: the name of its model, unless it says otherwise or holds several.

    Raises:
        Ambiguous: two functions do the same for one model, or two models have the same name.
    """
    if isinstance(thing, types.ModuleType):
        return _of_module(thing, name)
    if isinstance(thing, type):
        return {_named(thing, name): partial(_of_class, thing)}
    if isinstance(thing, types.FunctionType | types.BuiltinFunctionType):
        return {_named(thing, name): _always(_of_function(thing))}
    return {name: _always(_of_object(thing, dict(_marked(type(thing))), None))}


def _of_module(module: types.ModuleType, name: str) -> dict[str, Recipe]:
    members = [
        one for one in vars(module).values() if _is_own(one, module) and not _is_decorator(one)
    ]
    functions: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for one in filter(_is_function, members):
        if (mark := mark_of(one)) is not None and needs_of(one) is None:
            problems += _assign(functions.setdefault(mark.model, {}), mark, one, name)
    served = [one for one in members if _is_function(one) and needs_of(one)]
    served += [
        one for one in members if isinstance(one, type) and (needs_of(one) or any(_marked(one)))
    ]
    plain = _plain(module)
    if not functions and not served:
        return {name: _always(_unmarked(module, plain))}
    plain = {key: one for key, one in plain.items() if not (mark_of(one) or needs_of(one))}
    models: dict[str, Recipe] = {}
    for model, offered in functions.items():
        # What is not marked belongs to the module's own model, if that has anything that is.
        every = offered if model else {**plain, **offered}
        models[model or name] = _always(Authored(every, documentation=module.__doc__ or ""))
    several = len(functions) + len(served) > 1
    for one in served:
        key = _named(one, one.__name__ if several else name)
        if key in models:
            problems.append(f"{module.__name__}: two models are called {key!r}; rename one")
        models[key] = (
            partial(_of_class, one) if isinstance(one, type) else _always(_of_function(one))
        )
    if problems:
        raise Ambiguous(problems)
    return models


def _is_own(thing: Any, module: types.ModuleType) -> bool:
    """Tell whether a function or class is of a module, or of the package that the module is."""
    if not isinstance(thing, types.FunctionType | type):
        # Where an object comes from cannot be told.
        return True
    where = thing.__module__ or ""
    return where == module.__name__ or (
        hasattr(module, "__path__") and where.startswith(f"{module.__name__}.")
    )


def _always(model: Any) -> Recipe:
    return lambda _: model


def _unmarked(module: types.ModuleType, plain: Mapping[str, Any]) -> Any:
    """Return a module as it is, without decorators that it has imported and not used."""
    if any(_is_decorator(getattr(module, name, None)) for name in OFFERED):
        return Authored(plain, documentation=module.__doc__ or "")
    return module


def _is_decorator(thing: Any) -> bool:
    return any(thing is one for one in DECORATORS)


def _plain(thing: Any) -> dict[str, Any]:
    found = {name: getattr(thing, name) for name in OFFERED if hasattr(thing, name)}
    return {name: one for name, one in found.items() if not _is_decorator(one)}


def _of_class(cls: type, instantiate: Instantiate) -> Any:
    marked = dict(_marked(cls))
    needs = needs_of(cls)
    return _of_object(instantiate(cls), marked, needs)


def describable(cls: type) -> Any:
    """Return what a class can be described by: without ``__init__`` where that is not needed.

    What loads a model in ``__init__`` need not do so in the server, beside its workers. Classes
    without decorators, and those whose methods are called by the server itself, are instantiated.

    Args:
        cls: a class.
    """
    marked = dict(_marked(cls))
    asked = ["get_metadata", "get_predict_args", "get_train_args"]
    asked += [name for name, mark in marked.items() if mark.role is Role.METADATA]
    needs_state = any(
        isinstance(inspect.getattr_static(cls, name, None), types.FunctionType) for name in asked
    )
    if (not marked and needs_of(cls) is None) or needs_state:
        return cls()
    return object.__new__(cls)


def _of_object(model: Any, marked: Mapping[str, Mark], needs: Needs | None) -> Any:
    """Return a model of what an object's methods are marked as; itself if none is."""
    offered: dict[str, Any] = {}
    problems: list[str] = []
    for attribute, mark in marked.items():
        problems += _assign(offered, mark, getattr(model, attribute), type(model).__name__)
    if problems:
        raise Ambiguous(problems)
    offered = {**_plain(model), **offered}
    if not offered and callable(model):
        return Authored({Role.PREDICT: model}, needs, type(model).__doc__ or "")
    if not (marked or needs):
        return model
    return Authored(offered, needs, type(model).__doc__ or "")


def _of_function(function: Any) -> Authored:
    return Authored(
        {Role.PREDICT: function}, needs_of(function), getattr(function, "__doc__", "") or ""
    )


def _marked(cls: type) -> Iterator[tuple[str, Mark]]:
    for name in dir(cls):
        # What takes the place of a marked method does what that did.
        inherited = (mark_of(getattr(one, name, None)) for one in cls.__mro__)
        if (mark := next(filter(None, inherited), None)) is not None:
            yield name, mark


def _assign(offered: dict[str, Any], mark: Mark, function: Any, owner: str) -> Iterator[str]:
    """Let a model offer a function; say if another one is in its place."""
    other = offered.setdefault(mark.role, function)
    if other is not function:
        yield (
            f"{owner}: {other.__name__} and {function.__name__} are both marked as {mark.role}; "
            f"name a model of its own for each: @{mark.role}(model='{function.__name__}')"
        )


def _is_function(thing: Any) -> bool:
    return isinstance(thing, types.FunctionType) or (
        callable(thing) and not isinstance(thing, type) and mark_of(thing) is not None
    )


def _named(thing: Any, otherwise: str) -> str:
    needs = needs_of(thing)
    return needs.name if needs and needs.name else otherwise
