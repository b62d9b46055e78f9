"""What a model gets: the configuration goes before its author, who goes before the options."""

import pytest

from deepaas.authoring import Needs
from deepaas.serving.provision import Provision, provide
from deepaas.settings import Settings

AUTHOR = Needs(
    workers=2, device="0", environment={"A": "author", "B": "author"}, lazy=True, unload_after=5
)


def test_without_any_needs_a_model_gets_what_all_get():
    settings = Settings(workers=3, lazy=True, unload_after=7)
    assert provide(settings, "some", Needs()) == Provision(3, ({},), True, 7)


def test_what_its_author_says_goes_before_the_options():
    settings = Settings(workers=3, unload_after=7)
    device = {"CUDA_VISIBLE_DEVICES": "0"}
    environment = {"A": "author", "B": "author", **device}
    assert provide(settings, "some", AUTHOR) == Provision(2, (environment,), True, 5)


def test_the_configuration_of_a_model_goes_before_its_author():
    section = Needs(workers=1, device="", environment={"A": "section"}, lazy=False, unload_after=0)
    settings = Settings(workers=3, needs={"some": section})
    environment = {"A": "section", "B": "author", "CUDA_VISIBLE_DEVICES": ""}
    assert provide(settings, "some", AUTHOR) == Provision(1, (environment,), False, 0)
    assert provide(settings, "other", Needs()).workers == 3


def test_how_long_predictions_take_and_how_many_wait_can_differ_from_model_to_model():
    section = Needs(predict_timeout=0)
    settings = Settings(predict_timeout=7, max_queued_predictions=5, needs={"some": section})
    author = Needs(predict_timeout=3, max_queued_predictions=0)
    some, other = provide(settings, "some", author), provide(settings, "other", author)
    assert (some.predict_timeout, some.max_queued_predictions) == (0, 0)
    assert (other.predict_timeout, other.max_queued_predictions) == (3, 0)
    third = provide(settings, "third", Needs())
    assert (third.predict_timeout, third.max_queued_predictions) == (7, 5)


@pytest.mark.parametrize(
    ("device", "each"),
    [("0", ["0"]), ("0;1", ["0", "1"]), (" 0,1 ; 2,3;", ["0,1", "2,3"]), ("", [""]), (";", [""])],
)
def test_several_devices_are_for_workers_in_turn(device, each):
    provision = provide(Settings(), "some", Needs(device=device))
    assert [one["CUDA_VISIBLE_DEVICES"] for one in provision.environments] == each
