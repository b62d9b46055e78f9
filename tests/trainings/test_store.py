"""Where trainings are kept."""

import pytest

from deepaas.exceptions import UnknownTraining
from deepaas.trainings.record import Training
from deepaas.trainings.store import MemoryStore


@pytest.fixture
def store():
    return MemoryStore()


def test_trainings_of_a_model_are_listed_oldest_first(store):
    first, other, second = (Training(model, {}) for model in ("a", "b", "a"))
    for training in (first, other, second):
        store.add(training)
    assert store.of_model("a") == [first, second]
    assert store.of_model("c") == []


def test_a_training_is_found_under_its_own_model_only(store):
    training = Training("a", {})
    store.add(training)
    assert store.get("a", training.identifier) is training
    for model, identifier in (("b", training.identifier), ("a", "f" * 32)):
        with pytest.raises(UnknownTraining, match=f"model '{model}' has no training"):
            store.get(model, identifier)


def test_a_removed_training_is_forgotten(store):
    training = Training("a", {})
    store.add(training)
    store.remove(training)
    store.remove(training)
    assert store.of_model("a") == []
