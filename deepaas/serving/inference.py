"""What runs inside a worker for tensors: they are read, validated, predicted with and made."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from types import CoroutineType
from typing import Any, NamedTuple
from uuid import uuid4

import marshmallow as ma
import orjson

from deepaas.exceptions import DiskFull, InvalidArguments, MalformedRequest
from deepaas.files import no_room, remove
from deepaas.schema.description import Arguments
from deepaas.schema.parsing import load
from deepaas.serving.answers import ANY_BYTES, JSON, Form, render, spooled
from deepaas.serving.encoding import to_json
from deepaas.serving.items import collect as collect_items
from deepaas.serving.items import is_stream, stream
from deepaas.serving.outcomes import NO_RESULT, Invalid, Malformed, NoRoom
from deepaas.serving.runtime import (
    ReadyModel,
    call_model,
    of_items,
    outcome_of,
    unsendable,
)
from deepaas.tensors.files import Folder
from deepaas.tensors.inputs import collect
from deepaas.tensors.outputs import PREDICTIONS, document, file, tensors_of
from deepaas.tensors.request import Call, Encoded, InferRequest, InferResponse, Wanted, select
from deepaas.tensors.tensor import Tensor

UNREAD = (Invalid, Malformed, NoRoom)


class Inference(NamedTuple):
    """A call that has been read.

    Args:
        call: as it came.
        request: what it asks.
        arguments: validated keyword arguments.
        accept: content type of the answer; empty if there is no choice.
        version: of the model, for the answer; empty if it is not known.
    """

    call: Call
    request: InferRequest
    arguments: dict[str, Any]
    accept: str
    version: str

    def answer(self, ready: ReadyModel, result: Any, accept: str, spool: str) -> Any:
        """Make the answer of a result; see ``infer``."""
        if type(result) is CoroutineType:
            return self._answered_later(ready, result, accept, spool)
        if isinstance(result, NO_RESULT):
            return result
        if is_stream(result):
            outcome = partial(outcome_of, "predict")
            items = collect_items(result, accept or JSON, outcome, ready.check)
            if self.request.joined:
                items = _joined(items)
            return self.answer(of_items(ready), items, accept, spool)
        try:
            encoded = self.encode(ready, result, accept, spool)
            return (*spooled(encoded.body, spool), dict(encoded.headers))
        except MalformedRequest as error:
            return Malformed(str(error))
        except (TypeError, ValueError) as error:
            return unsendable(error)
        except DiskFull as error:
            return NoRoom(str(error))

    async def _answered_later(
        self, ready: ReadyModel, result: Coroutine[Any, Any, Any], accept: str, spool: str
    ) -> Any:
        return self.answer(ready, await result, accept, spool)

    def items(self, ready: ReadyModel, result: Any, spool: str) -> Any:
        """Make an answer of each item of a result that streams; see ``infer_items``."""
        if type(result) is CoroutineType:
            return self._items_later(ready, result, spool)
        if not is_stream(result):
            return self.answer(ready, result, self.accept, spool)

        free = replace(of_items(ready), check=ready.check)

        def encode(item: Any) -> bytes:
            return self.encode(free, item, self.accept, spool).body

        return stream(result, JSON, _outcome_of_items, encode=encode)

    async def _items_later(
        self, ready: ReadyModel, result: Coroutine[Any, Any, Any], spool: str
    ) -> Any:
        return self.items(ready, await result, spool)

    def encode(self, ready: ReadyModel, result: Any, accept: str, spool: str) -> Encoded:
        """Return the answer of a result as it goes over the wire.

        Args:
            ready: the model.
            result: what it has returned.
            accept: see ``Form``.
            spool: see ``Form``.

        Raises:
            MalformedRequest: an output is wanted that there is not.
            TypeError: the result has no form in which it could be sent.
            ValueError: it does not follow the model's schema.
            DiskFull: there is no room for it.
        """
        wanted = self.request.outputs
        outputs = _outputs(ready, result, accept, spool, not self.request.undivided)
        names = {one.name for one in outputs}
        if (
            PREDICTIONS not in names
            and PREDICTIONS in ready.outputs
            and _asked(PREDICTIONS, wanted)
        ):
            # Of what an answer is made was not known; whoever asks for the one output that is told
            # gets it.
            outputs = _outputs(ready, result, accept, spool, divided=False)
            names = {PREDICTIONS}
        absent = () if PREDICTIONS in names else ready.outputs
        chosen = select(wanted, outputs, absent)
        response = InferResponse(ready.name, self.version, self.request.id or uuid4().hex, chosen)
        return self.call.encode(self.request, response)


def infer(ready: ReadyModel, call: Call, version: str, spool: str, folder: str) -> Any:
    """Predict with tensors.

    Args:
        ready: the model.
        call: the request as it came.
        version: see ``Inference``.
        spool: see ``Form``.
        folder: where its files are written; whoever has made up its name removes it.

    Returns:
        A tuple of a body, or None and the path of a file that holds it, and headers; or why there
        is none: ``Malformed``, or what ``predict`` may return. A model that streams is answered
        for with the list of its items.
    """
    read = read_inference(ready, call, version, folder)
    if isinstance(read, UNREAD):
        return read
    return read.answer(ready, call_model(ready, "predict", read.arguments), read.accept, spool)


def infer_items(ready: ReadyModel, call: Call, version: str, spool: str, folder: str) -> Any:
    """Predict with tensors, and answer for each item of a model that streams.

    Args:
        ready: the model.
        call: see ``infer``.
        version: likewise.
        spool: likewise.
        folder: likewise.

    Returns:
        A generator as of ``predict``, of bodies; for a model that does not stream what ``infer``
        returns.
    """
    read = read_inference(ready, call, version, folder)
    if isinstance(read, UNREAD):
        return read
    return read.items(ready, call_model(ready, "predict", read.arguments), spool)


def read_inference(
    ready: ReadyModel, call: Call, version: str, folder: str
) -> Inference | Invalid | Malformed | NoRoom:
    """Read and validate a request; see ``infer``."""
    declared = ready.description.predict or Arguments()
    try:
        request = call.request(declared)
        raw, errors = collect(declared, request, Folder(folder))
        arguments = load(declared, raw, errors=errors)
    except InvalidArguments as error:
        return Invalid(error.messages)
    except MalformedRequest as error:
        return Malformed(str(error))
    except OSError as error:
        if no_room(error):
            return NoRoom("the server's disk is full: there is no room for the files of the call")
        raise
    return Inference(call, request, arguments, declared.accepted(arguments), version)


def _joined(items: Any) -> Any:
    """Return items as one text, where all of them are texts; see ``deepaas.serving.items``."""
    if type(items) is CoroutineType:
        return _joined_later(items)
    if isinstance(items, list) and items and all(isinstance(one, str) for one in items):
        return "".join(items)
    return items


async def _joined_later(items: Coroutine[Any, Any, Any]) -> Any:
    return _joined(await items)


def _outcome_of_items(error: Exception) -> Any:
    if isinstance(error, MalformedRequest):
        return Malformed(str(error))
    return outcome_of("predict", error)


def _asked(name: str, wanted: Sequence[Wanted] | None) -> bool:
    return any(one.name == name for one in wanted or ())


def _outputs(
    ready: ReadyModel, result: Any, accept: str, spool: str, divided: bool
) -> list[Tensor]:
    if divided and accept in ("", JSON):
        tensors = tensors_of(_named(result, ready.description.returned), ready.outputs)
        if tensors is not None:
            if ready.check is not None:
                ready.check(result, to_json(result))
            return tensors
    if isinstance(result, bytes | bytearray | memoryview):
        accept = accept or ANY_BYTES
    made = render(result, ready.check, Form(accept, spool, bare=True))
    if made.body is None:
        made = made._replace(body=Path(made.path).read_bytes())
        remove(made.path)
    body = made.body or b""
    if made.content_type == JSON and not made.filename:
        return [document(body)]
    return [file(body, made.content_type, made.filename)]


def _named(result: Any, returned: ma.fields.Field | None) -> Any:
    """Return an object whose members have names, as a return hint says, as a dict of them."""
    if (
        isinstance(returned, ma.fields.Nested)
        and result is not None
        and not isinstance(result, dict)
    ):
        if is_dataclass(result):
            # Arrays in it stay arrays. In JSON, too, what begins with an underscore is its own.
            names = [one.name for one in fields(result) if not one.name.startswith("_")]
            return {name: getattr(result, name) for name in names}
        return orjson.loads(to_json(result))
    return result
