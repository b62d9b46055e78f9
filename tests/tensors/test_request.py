"""Requests for an inference, whatever carries them."""

from __future__ import annotations

import pytest

from deepaas.exceptions import MalformedRequest
from deepaas.tensors.datatypes import BOOL
from deepaas.tensors.request import InferRequest
from deepaas.tensors.tensor import Tensor


def test_what_is_there_twice_is_found_among_many():
    # Looked for in those before each, this would take hours.
    names = [*map(str, range(400_000)), "399999"]
    with pytest.raises(MalformedRequest, match="input '399999' is there twice"):
        InferRequest([Tensor(name, BOOL, (1,), [True]) for name in names])
