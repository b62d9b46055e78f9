"""A typed class is trained, promoted and resumed like any model."""

from __future__ import annotations

import pytest

from deepaas.client import AsyncClient, InvalidArguments
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source

pytestmark = pytest.mark.usefixtures("only_site")
CODE = """
    import dataclasses
    import enum
    from pathlib import Path
    from typing import Annotated
    from annotated_types import Ge
    import deepaas

    class Kind(enum.Enum):
        SMALL = "small"
        LARGE = "large"

    @dataclasses.dataclass
    class Schedule:
        epochs: Annotated[int, Ge(1)]
        rates: list[float] = dataclasses.field(default_factory=list)

    class Model:
        def __init__(self) -> None:
            self.weight = "the first"

        @deepaas.warm
        def read(self, directory: Path | None = None) -> None:
            if directory:
                self.weight = (directory / "weight").read_text()

        @deepaas.predict
        def ask(self) -> str:
            return self.weight

        @deepaas.train
        def learn(
            self, schedule: Schedule, data: bytes, kind: Kind = Kind.SMALL, fail: Path | None = None
        ) -> dict:
            here = deepaas.current_training().directory
            if fail is not None and not (here / "once").exists():
                (here / "once").touch()
                raise ValueError("not the first time")
            (here / "weight").write_text(f"{kind.name} {schedule.epochs} {data.decode()}")
            return {"kind": repr(kind), "schedule": repr(schedule)}
"""


@pytest.fixture
async def model(install, serve_loaded):
    """A client of the typed class."""
    install("typed", CODE)
    session = await serve_loaded(LoadedModel.of(Source("typed", "typed")))
    async with AsyncClient(str(session._base_url)) as client:
        yield client.model("typed")


@pytest.fixture
def data(tmp_path):
    """A file to train with."""
    path = tmp_path / "data.txt"
    path.write_text("words")
    return path


async def test_what_a_training_has_made_is_promoted(model, data):
    assert (await model.predict()).value == "the first"
    training = await model.train(schedule={"epochs": 2, "rates": [1]}, kind="large", data=data)
    await training.wait(60)
    assert training.result["output"] == {
        "kind": "<Kind.LARGE: 'large'>",
        "schedule": "Schedule(epochs=2, rates=[1.0])",
    }
    await training.promote()
    assert (await model.predict()).value == "LARGE 2 words"


async def test_a_training_is_resumed_with_what_was_sent(model, data):
    training = await model.train(schedule={"epochs": 1}, data=data, fail=data)
    await training.wait(60)
    assert (training.status, training.message.endswith("not the first time")) == ("error", True)
    await training.resume()
    await training.wait(60)
    assert training.status == "done"
    assert training.result["output"]["schedule"] == "Schedule(epochs=1, rates=[])"


async def test_arguments_that_do_not_fit_start_no_training(model, data):
    with pytest.raises(InvalidArguments) as refused:
        await model.train(schedule={"epochs": 0}, kind="huge", data=data)
    assert refused.value.messages == {
        "schedule": {"epochs": ["Must be greater than or equal to 1."]},
        "kind": ["Must be one of: small, large."],
    }
    assert await model.trainings() == []
