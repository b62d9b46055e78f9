"""What ``deepaas.served`` lets an author say."""

import pytest

from deepaas import served
from deepaas.authoring import Needs, needs_of
from deepaas.model.loaded import LoadedModel
from deepaas.model.source import GivenModel


class Model:
    def predict(self):
        return 1


def model(*, of_class=None, of_object=None, of_function=None):
    """Load a model of which parts are marked."""
    kind = type("Kind", (Model,), {"predict": lambda self: 1})
    if of_function:
        of_function(kind.predict)
    if of_class:
        of_class(kind)
    made = kind()
    if of_object:
        of_object(made)
    return LoadedModel.of(GivenModel("some", made))


def test_without_a_mark_a_model_needs_nothing():
    assert model().needs == Needs()


def test_a_class_an_object_and_a_function_can_be_marked_and_the_whole_goes_before_its_part():
    assert model(of_class=served(workers=2)).needs == Needs(workers=2)
    assert model(of_object=served(workers=2)).needs == Needs(workers=2)
    assert model(of_function=served(workers=2)).needs == Needs(workers=2)
    both = model(
        of_class=served(workers=2, environment={"A": "class", "B": "class"}),
        of_function=served(workers=3, lazy=True, environment={"A": "function"}),
    )
    assert both.needs == Needs(workers=2, lazy=True, environment={"A": "class", "B": "class"})


def test_a_mark_is_of_the_class_that_has_it_and_not_of_those_that_inherit_from_it():
    marked = served(workers=2)(type("Marked", (Model,), {}))
    assert needs_of(marked) == Needs(workers=2)
    assert needs_of(type("Heir", (marked,), {})) is None


def test_an_empty_device_hides_all_and_goes_before_another():
    assert Needs(device="").over(Needs(device="0")).device == ""
    assert Needs().over(Needs(device="0", name="some")) == Needs(device="0", name="some")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"workers": 0}, "workers must be 1 at least"),
        ({"unload_after": -1}, "unload_after must not be negative"),
        ({"predict_timeout": -0.5}, "predict_timeout must not be negative"),
        ({"max_queued_predictions": -1}, "max_queued_predictions must not be negative"),
        ({"device": 0}, "device must be a text, such as '0' or '0;1', not 0"),
        ({"environment": {"A": 1}}, "the environment variable A must be a text, not 1"),
        ({"environment": {"A": "\0"}}, "the environment variable A must be a text"),
        ({"environment": {"A=B": "1"}}, "an environment variable cannot be called 'A=B'"),
        ({"environment": {"": "1"}}, "an environment variable cannot be called ''"),
    ],
)
def test_what_cannot_be_is_refused_where_it_is_written(given, said):
    with pytest.raises(ValueError, match="@served: ") as refused:
        served(**given)
    assert said in str(refused.value)
