"""Requests for an inference and answers to them, whatever the protocol that carries them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from deepaas.exceptions import MalformedRequest
from deepaas.tensors.tensor import Parameters, Tensor


@dataclass(slots=True)
class Wanted:
    """An output that is asked for.

    Args:
        name: its name.
        parameters: how it is wanted.
    """

    name: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(slots=True)
class InferRequest:
    """What a client asks.

    Args:
        inputs: tensors for arguments.
        outputs: those that are wanted; None for all.
        id: the client's name for the request; empty if it has none.
        parameters: what is said beside, scalar arguments among it.
        values: arguments that come as values of JSON, where the protocol has no tensors.
        undivided: whether all of the answer is to be one output, whatever it is.
        joined: whether texts that a model streams are one, where they are not answered one by one.
    """

    inputs: Sequence[Tensor]
    outputs: Sequence[Wanted] | None = None
    id: str = ""
    parameters: Parameters = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    undivided: bool = False
    joined: bool = False

    def __post_init__(self) -> None:
        _refuse_twice("input", [one.name for one in self.inputs])
        _refuse_twice("output", [one.name for one in self.outputs or ()])


@dataclass(slots=True)
class InferResponse:
    """What a client is answered.

    Args:
        model_name: of the model that has predicted.
        model_version: its version; empty if it is not known.
        id: that of the request.
        outputs: tensors.
    """

    model_name: str
    model_version: str
    id: str
    outputs: Sequence[Tensor]


@dataclass(slots=True)
class Encoded:
    """An answer as it goes over the wire.

    Args:
        body: its bytes.
        headers: what has to be said of them by HTTP.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Call(Protocol):
    """A request as it came over the wire; it is pickled, and read in the worker."""

    def request(self, arguments: Any) -> InferRequest:
        """Return what was asked.

        Args:
            arguments: those of the model's predict.

        Raises:
            MalformedRequest: it cannot be read; names the tensor.
        """

    def encode(self, request: InferRequest, response: InferResponse) -> Encoded:
        """Return an answer as it goes over the wire.

        Args:
            request: what ``request`` has returned.
            response: the answer, with the outputs that are wanted.
        """


def select(
    wanted: Sequence[Wanted] | None, outputs: Sequence[Tensor], declared: Container[str] = ()
) -> Sequence[Tensor]:
    """Return those outputs that are wanted, in the order in which they are.

    Args:
        wanted: see ``InferRequest``.
        outputs: those that there are.
        declared: names of those that may be there.

    Raises:
        MalformedRequest: one of them is not there.
    """
    if not wanted:
        return outputs
    by_name = {one.name: one for one in outputs}
    for one in wanted:
        if one.name not in by_name and one.name not in declared:
            names = ", ".join(by_name)
            raise MalformedRequest(f"there is no output {one.name!r}; there is: {names}")
    return [by_name[one.name] for one in wanted if one.name in by_name]


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        # In one go, however many there are.
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise MalformedRequest(f"{what} {twice!r} is there twice")
