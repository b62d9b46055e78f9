"""What a model says of itself and of its answers."""

from __future__ import annotations

from typing import Any

from deepaas.cmd.blame import place
from deepaas.cmd.checks.findings import Finding, Findings, in_short
from deepaas.exceptions import DeepaasError, InvalidModel
from deepaas.model.describe import metadata_of
from deepaas.schema.legacy import describe_response
from deepaas.serving.encoding import to_json

EXPECTED = ("summary", "version", "author")


def metadata(name: str, model: Any) -> Findings:
    """Find what is wrong with a model's metadata.

    Args:
        name: the model's.
        model: the object.
    """
    function = getattr(model, "get_metadata", None)
    if function is None:
        return
    try:
        told = metadata_of(name, model)
    except DeepaasError as error:
        # What it has returned is told without its way to here.
        why = error.__cause__ if isinstance(error.__cause__, InvalidModel) else error
        yield Finding(
            f"{in_short(why)}{place(error)}",
            "mend it: the list of models is what clients ask for first",
        )
        return
    try:
        to_json(told)
    except Exception as error:
        yield Finding(
            f"what get_metadata returns has no JSON form: {in_short(error)}",
            "return texts, numbers, lists and dicts",
        )
    absent = [key for key in EXPECTED if not any(key in one.lower() for one in told)]
    if absent:
        yield Finding(
            f"get_metadata tells no {', '.join(absent)}",
            "add it to the dict that get_metadata returns",
            harmless=True,
        )


def response(model: Any) -> Findings:
    """Find what keeps a model's ``schema`` from being one."""
    try:
        describe_response(getattr(model, "schema", None), "schema")
    except InvalidModel as error:
        yield Finding(in_short(error), "name the fields of the answer: schema = {'label': Str()}")
