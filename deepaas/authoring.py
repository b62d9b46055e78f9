"""Decorators by which authors say what their functions and classes are."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, overload

Marked = TypeVar("Marked", bound=Callable[..., Any])
# Attributes of functions and classes that are marked.
MARK, NEEDS = "__deepaas_mark__", "__deepaas_needs__"


class Role(enum.StrEnum):
    """What a function does for a model."""

    PREDICT = "predict"
    TRAIN = "train"
    WARM = "warm"
    METADATA = "get_metadata"


@dataclass(frozen=True)
class Batching:
    """How calls are put together.

    Args:
        largest: most calls that share one call of the function; 0 if none do.
        wait: for how many seconds the first of them waits for others, at most.
    """

    largest: int = 0
    wait: float = 0.005


@dataclass(frozen=True)
class Mark:
    """What a decorator says of a function.

    Args:
        role: what it does.
        model: the model that it belongs to; empty for the one of its module or class.
        batching: how calls are put together.
        concurrency: calls of an ``async`` function that one worker runs at once.
    """

    role: Role
    model: str = ""
    batching: Batching = Batching()
    concurrency: int = 16


@dataclass(frozen=True)
class Needs:
    """What a model needs of the server; None leaves it to the server's options.

    Args:
        name: the name under which it is served; empty for that of the class or function.
        workers: worker processes for predictions.
        device: ``CUDA_VISIBLE_DEVICES`` of its workers; with several, separated by ``;``, each
            worker takes one in turn. An empty text hides all devices.
        environment: environment variables of its workers.
        lazy: whether it is loaded only when it is first asked.
        unload_after: seconds without a call after which it is unloaded; 0 for never.
        predict_timeout: seconds that a prediction may take, waiting included; 0 for any time.
        max_queued_predictions: predictions that may wait for a worker.
    """

    name: str = ""
    workers: int | None = None
    device: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    lazy: bool | None = None
    unload_after: float | None = None
    predict_timeout: float | None = None
    max_queued_predictions: int | None = None

    def over(self, other: Needs) -> Needs:
        """Return these needs, and those of another where these say nothing."""
        given = {
            name: value
            for name in (
                *("workers", "device", "lazy", "unload_after"),
                *("predict_timeout", "max_queued_predictions"),
            )
            if (value := getattr(self, name)) is not None
        }
        environment = {**other.environment, **self.environment}
        return replace(other, **given, name=self.name or other.name, environment=environment)


@overload
def predict(function: Marked, /) -> Marked: ...
@overload
def predict(
    *,
    model: str = ...,
    largest_batch: int = ...,
    longest_wait: float = ...,
    concurrency: int = ...,
) -> Callable[[Marked], Marked]: ...
def predict(
    function: Marked | None = None,
    /,
    *,
    model: str = "",
    largest_batch: int = 0,
    longest_wait: float = 0.005,
    concurrency: int = 16,
) -> Marked | Callable[[Marked], Marked]:
    """Mark the function, or the method, by which a model predicts.

    Args:
        function: the function, where the decorator is written without parentheses.
        model: name of the model, where a module holds several.
        largest_batch: most calls that are handed to the function at once: each of its parameters
            is then a list, and so is what it returns. 0: each call is handed over by itself.
        longest_wait: seconds that a call waits for others, at most.
        concurrency: calls of an ``async`` function that one worker runs at once.

    Raises:
        ValueError: a number is out of its range.
    """
    if largest_batch < 0 or longest_wait < 0 or concurrency < 1:
        raise ValueError(
            "@predict: largest_batch and longest_wait must not be negative, and concurrency must "
            "be 1 at least"
        )
    batching = Batching(largest_batch, longest_wait)
    decorate = _marking(Mark(Role.PREDICT, model, batching, concurrency))
    return decorate if function is None else decorate(function)


@overload
def train(function: Marked, /) -> Marked: ...
@overload
def train(*, model: str = ...) -> Callable[[Marked], Marked]: ...
def train(
    function: Marked | None = None, /, *, model: str = ""
) -> Marked | Callable[[Marked], Marked]:
    """Mark the function, or the method, by which a model is trained; see ``predict``."""
    decorate = _marking(Mark(Role.TRAIN, model))
    return decorate if function is None else decorate(function)


@overload
def warm(function: Marked, /) -> Marked: ...
@overload
def warm(*, model: str = ...) -> Callable[[Marked], Marked]: ...
def warm(
    function: Marked | None = None, /, *, model: str = ""
) -> Marked | Callable[[Marked], Marked]:
    """Mark what is called once in each worker before it predicts; see ``predict``."""
    decorate = _marking(Mark(Role.WARM, model))
    return decorate if function is None else decorate(function)


@overload
def metadata(function: Marked, /) -> Marked: ...
@overload
def metadata(*, model: str = ...) -> Callable[[Marked], Marked]: ...
def metadata(
    function: Marked | None = None, /, *, model: str = ""
) -> Marked | Callable[[Marked], Marked]:
    """Mark the function, or the method, that returns a model's metadata; see ``predict``."""
    decorate = _marking(Mark(Role.METADATA, model))
    return decorate if function is None else decorate(function)


def served(
    name: str = "",
    *,
    workers: int | None = None,
    device: str | None = None,
    environment: Mapping[str, str] | None = None,
    lazy: bool | None = None,
    unload_after: float | None = None,
    predict_timeout: float | None = None,
    max_queued_predictions: int | None = None,
) -> Callable[[Marked], Marked]:
    """Make a model of a class, or of a function by itself, and say what it needs.

    A section ``[model:NAME]`` of the configuration says the same, and goes before this.

    Args:
        name: the name under which it is served; empty for that of the class or function.
        workers: see ``Needs``.
        device: likewise.
        environment: likewise.
        lazy: likewise.
        unload_after: likewise.
        predict_timeout: likewise.
        max_queued_predictions: likewise.

    Raises:
        ValueError: a number is out of its range, or something is no text where one is due.
        TypeError: the name is none, as where the parentheses are missing.
    """
    if not isinstance(name, str):
        raise TypeError(f"@served is written with parentheses, @served(), to mark {name!r}")
    bounds = {"unload_after": unload_after, "predict_timeout": predict_timeout}
    bounds["max_queued_predictions"] = max_queued_predictions
    if workers is not None and workers < 1:
        raise ValueError("@served: workers must be 1 at least")
    for option, value in bounds.items():
        if value is not None and value < 0:
            raise ValueError(f"@served: {option} must not be negative")
    if device is not None and not isinstance(device, str):
        raise ValueError(f"@served: device must be a text, such as '0' or '0;1', not {device!r}")
    try:
        variables = checked_environment(environment or {})
    except ValueError as error:
        raise ValueError(f"@served: {error}") from None
    needs = Needs(
        *(name, workers, device, variables, lazy),
        *(unload_after, predict_timeout, max_queued_predictions),
    )

    def mark(thing: Marked) -> Marked:
        setattr(thing, NEEDS, needs)
        return thing

    return mark


def mark_of(function: Any) -> Mark | None:
    """Return what a decorator has said of a function or method; None if it has no mark."""
    mark = getattr(function, MARK, None)
    return mark if isinstance(mark, Mark) else None


def checked_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables that a process can have.

    Raises:
        ValueError: a name or value is not a text that one can have.
    """
    for name, value in variables.items():
        if not isinstance(name, str) or not name or set(name) & {"=", "\0"}:
            raise ValueError(f"an environment variable cannot be called {name!r}")
        if not isinstance(value, str) or "\0" in value:
            raise ValueError(f"the environment variable {name} must be a text, not {value!r}")
    return dict(variables)


def needs_of(thing: Any) -> Needs | None:
    """Return what ``served`` has said of a class or function itself; None if it has not."""
    found = vars(thing).get(NEEDS) if hasattr(thing, "__dict__") else None
    return found if isinstance(found, Needs) else None


def _marking(mark: Mark) -> Callable[[Marked], Marked]:
    def decorate(marked: Marked) -> Marked:
        # Of a static method or one of the class, the function is what is called in the end.
        function = getattr(marked, "__func__", marked)
        if not callable(function):
            name = mark.role.name.lower()
            raise TypeError(f"@{name} marks a function, not {marked!r}; a model: @{name}(model=…)")
        setattr(function, MARK, mark)
        return marked

    return decorate
