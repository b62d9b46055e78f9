"""What the Open Inference Protocol says of a model."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
import orjson

from deepaas.schema.description import Arguments, Description
from deepaas.tensors.fields import DOCUMENT, FILE, Kind, Slot, slot_of, slot_of_field
from deepaas.tensors.outputs import PREDICTIONS

PLATFORM = "deepaas"


def model_metadata(description: Description) -> dict[str, Any]:
    """Return the metadata of a model, but for its version.

    Args:
        description: what it offers.
    """
    arguments = description.predict or Arguments()
    outputs = output_slots(description)
    return {
        "name": description.name,
        "platform": PLATFORM,
        "inputs": [_tensor(one.key, slot_of(one)) for one in arguments],
        "outputs": [_tensor(name, slot) for name, slot in outputs.items()],
        "properties": _properties(arguments),
    }


def output_slots(description: Description) -> dict[str, Slot]:
    """Return the outputs of a model, as far as it says what it answers, by name.

    Args:
        description: what it offers.
    """
    arguments = description.predict or Arguments()
    if arguments.accept is not None:
        return {PREDICTIONS: FILE}
    if description.response is not None:
        members = description.response.dump_fields
        return _members(members) or {PREDICTIONS: DOCUMENT}
    returned = description.returned
    if isinstance(returned, ma.fields.Nested):
        return _members(returned.schema.dump_fields) or {PREDICTIONS: DOCUMENT}
    slot = DOCUMENT if returned is None else slot_of_field(returned)
    return {PREDICTIONS: slot if slot.kind is Kind.ARRAY else DOCUMENT}


def _members(fields: dict[str, ma.fields.Field]) -> dict[str, Slot] | None:
    """Return a slot for each key of a dict; None if it is no dict of tensors."""
    slots = {one.data_key or name: slot_of_field(one) for name, one in fields.items()}
    kinds = {one.kind for one in slots.values()}
    return slots if kinds <= {Kind.SCALAR, Kind.LIST, Kind.ARRAY} and slots else None


def _tensor(name: str, slot: Slot) -> dict[str, Any]:
    return {"name": name, "datatype": slot.datatype.name, "shape": list(slot.shape)}


def _properties(arguments: Arguments) -> dict[str, str]:
    properties = {}
    for one in arguments:
        properties[f"{one.key}.required"] = _text(one.required)
        if one.has_default:
            properties[f"{one.key}.default"] = _text(one.default)
        if one.choices:
            properties[f"{one.key}.choices"] = _text(list(one.choices))
    return properties


def _text(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
