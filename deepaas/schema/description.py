"""The one description of a model, from which every door is rendered."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import marshmallow as ma
from marshmallow.utils import missing

from deepaas.authoring import Batching
from deepaas.exceptions import InvalidArguments, ModelError
from deepaas.schema.numbers import Array
from deepaas.schema.quick import deserializer
from deepaas.schema.secrets import concealed, is_secret

# Stands for a field that has to be asked what an absent value becomes.
ASK = object()
TOO_DEEP = "Nested too deep."
NULL_BYTES = "Null bytes are not allowed."
UNCHANGING = frozenset({type(None), bool, int, float, str, bytes})
# Types of JSON that are text or can hold some.
TEXTUAL = frozenset({str, list, dict})


@dataclass(frozen=True)
class Argument:
    """One argument of ``predict`` or ``train``.

    Args:
        name: the keyword under which the model receives it.
        key: the name under which callers send it.
        field: the field that validates and converts it, bound to a schema.
        places: where it is looked for, in this order: of query, form, json, headers, cookies.
        is_file: whether it is a file, or a list of files.
        is_list: whether a repeated key makes a list.
        is_mapping: whether it, or each item of the list, is an object that text can hold as JSON.
        choices: the values that it offers, in order; empty if it is free.
        description: its author's words for it.
        adapt: makes what the function takes of a validated value, in the worker; None if the
            function takes it as it is. It raises ValueError for what cannot be made.
        passed: whether the function takes it at all.
    """

    name: str
    key: str
    field: ma.fields.Field
    places: tuple[str, ...]
    is_file: bool = False
    is_list: bool = False
    is_mapping: bool = False
    choices: tuple[Any, ...] = ()
    description: str = ""
    adapt: Callable[[Any], Any] | None = None
    passed: bool = True

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return bool(self.field.required)

    @property
    def default(self) -> Any:
        """The value of calls that leave it out; ``marshmallow.missing`` if there is none."""
        default = self.field.load_default
        return default() if callable(default) else default

    @property
    def has_default(self) -> bool:
        """Whether calls that leave it out get a value."""
        return self.field.load_default is not missing

    @property
    def example(self) -> Any:
        """A value to show, path of a file included; None if the author gives none."""
        return self.field.metadata.get("example")

    @property
    def secret(self) -> bool:
        """Whether its value must not be kept or shown, ``format: password``."""
        return is_secret(self.field)

    @cached_property
    def item(self) -> ma.fields.Field:
        """The field of one value: the inner one of a list, else the field itself."""
        return self.field.inner if isinstance(self.field, ma.fields.List) else self.field


class Arguments(Sequence[Argument]):
    """The arguments of one function, in declared order.

    Args:
        arguments: all of them.
        owner: whose they are, for messages, such as ``model 'x', get_predict_args()``.
        summary: what the function does, in its author's words; empty if those are not known.
    """

    def __init__(
        self, arguments: Sequence[Argument] = (), owner: str = "", summary: str = ""
    ) -> None:
        self.summary = summary
        self._arguments = tuple(arguments)
        self._owner = owner
        self._steps = [
            (one.name, one.key, deserializer(one.field), _absent(one.field), _is_textual(one))
            for one in arguments
        ]
        self._adapts = [(one.name, one.key, one.adapt) for one in arguments if one.adapt]
        self._hidden = [one.name for one in arguments if not one.passed]

    def __len__(self) -> int:
        return len(self._arguments)

    def __getitem__(self, index: Any) -> Any:
        return self._arguments[index]

    def __iter__(self) -> Iterator[Argument]:
        return iter(self._arguments)

    @cached_property
    def accept(self) -> Argument | None:
        """The argument by which callers choose the content type of the answer, if declared."""
        return next((one for one in self if one.key.lower() == "accept"), None)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Names and keys of those whose values must not be kept or shown."""
        return frozenset(text for one in self if one.secret for text in (one.name, one.key))

    @cached_property
    def has_files(self) -> bool:
        """Whether any of them is a file."""
        return any(one.is_file for one in self)

    def accepted(self, loaded: Mapping[str, Any]) -> str:
        """Return the content type that a call is to be answered in; empty if there is no choice.

        Args:
            loaded: validated keyword arguments.
        """
        return (loaded.get(self.accept.name) if self.accept else None) or ""

    def adapt(self, loaded: dict[str, Any]) -> dict[str, Any]:
        """Return what the function takes, in the worker.

        Args:
            loaded: validated keyword arguments.

        Raises:
            InvalidArguments: for every argument of which that cannot be made.
        """
        if not self._adapts and not self._hidden:
            return loaded
        adapted, errors = dict(loaded), {}
        for name in self._hidden:
            adapted.pop(name, None)
        for name, key, adapt in self._adapts:
            if adapted.get(name) is None:
                continue
            try:
                adapted[name] = adapt(adapted[name])
            except (ValueError, TypeError) as error:
                said = [str(error)]
                secret = key in self.secrets
                errors[key] = concealed(said, adapted[name]) if secret else said
        if errors:
            raise InvalidArguments(errors)
        return adapted

    def load(
        self, raw: Mapping[str, Any], errors: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Validate and convert what a caller sent.

        Args:
            raw: values by key, as they came; absent ones left out, unknown ones ignored.
            errors: messages for arguments that are known to be wrong already.

        Returns:
            Keyword arguments for the model, in declared order.

        Raises:
            InvalidArguments: for every argument that does not fit.
            ModelError: a field of the model's own raised something else than a ValueError.
        """
        loaded: dict[str, Any] = {}
        errors = dict(errors or {})
        for name, key, deserialize, absent, textual in self._steps:
            value = raw.get(key, missing)
            if value is missing and absent is not ASK:
                if absent is not missing:
                    # A model that changes its default must not change that of the next call.
                    loaded[name] = absent if type(absent) in UNCHANGING else copy.deepcopy(absent)
                continue
            if key in errors:
                continue
            try:
                if textual and (wrong := _null_bytes(value)):
                    raise ma.ValidationError(wrong)
                value = deserialize(value, key, raw)
            except ma.ValidationError as error:
                errors[key] = error.messages
            except RecursionError:
                errors[key] = [TOO_DEEP]
            except ValueError as error:
                # Fields of models' own convert by int() or strptime(), and leave it at that.
                errors[key] = [f"Not a valid value: {error}"]
            except (Exception, SystemExit) as error:
                text = f"{self._owner}: the field of {key!r} failed"
                if key in self.secrets:
                    # What it says, and so its traceback, may quote the value.
                    raise ModelError(f"{text}: {type(error).__name__}") from None
                raise ModelError(f"{text}: {error!r}") from error
            else:
                if value is not missing:
                    loaded[name] = value
        if errors:
            raise InvalidArguments(
                {
                    key: concealed(wrong, raw.get(key)) if key in self.secrets else wrong
                    for key, wrong in errors.items()
                }
            )
        return loaded


def _is_textual(argument: Argument) -> bool:
    # Numbers refuse text with null bytes anyway, and lists of them can be long.
    return not isinstance(argument.item, ma.fields.Number | Array)


def _null_bytes(value: Any) -> Any:
    """Return messages for texts with null bytes, by their place; None if there are none."""
    kind = type(value)
    if kind is str:
        return [NULL_BYTES] if "\0" in value else None
    if kind is list:
        if TEXTUAL.isdisjoint(map(type, value)):
            return None
        places: Iterable[tuple[Any, Any]] = enumerate(value)
    elif kind is dict:
        places = value.items()
    else:
        return None
    return {
        place: wrong
        for place, one in places
        if (wrong := _null_bytes(place) or _null_bytes(one)) is not None
    } or None


def _absent(field: ma.fields.Field) -> Any:
    """Return what an absent value becomes, so far as that is the same for each call."""
    changed = type(field).deserialize is not ma.fields.Field.deserialize
    if field.required or changed or callable(field.load_default):
        return ASK
    return field.load_default


@dataclass(frozen=True)
class Description:
    """What a model offers.

    Args:
        name: the name under which it is served.
        predict: arguments of predict; None if the model cannot predict.
        train: arguments of train; None if the model cannot train.
        response: schema of the answers of predict; None if they are free.
        returned: field of what predict answers within the API's envelope; None if it is free.
        promotable: whether its ``warm`` takes the directory of a training to serve.
        batching: how calls of predict are put together.
        streams: whether predict is known to answer item by item.
        concurrency: calls of predict that one worker runs at once, in an event loop; 0 if it is no
            coroutine function and takes a worker for itself.
    """

    name: str
    predict: Arguments | None = None
    train: Arguments | None = None
    response: ma.Schema | None = None
    returned: ma.fields.Field | None = None
    promotable: bool = False
    batching: Batching = field(default_factory=Batching)
    streams: bool = False
    concurrency: int = 0
