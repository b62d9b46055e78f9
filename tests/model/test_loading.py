"""Which models are installed, and which of them are to be served."""

import pytest

from deepaas.exceptions import DeepaasError, ModuleNotFoundError, NoModelsAvailable
from deepaas.model.loaded import load_models
from deepaas.model.loading import choose, installed
from deepaas.model.source import Source
from deepaas.model.v2.test import TestModel

pytestmark = pytest.mark.usefixtures("only_site")
MODEL = """
    class Quiet:
        def predict(self):
            return "quiet"

    class Loud:
        def predict(self):
            return "LOUD"

    class Wrong:
        def predict(self):
            return 1

        def get_predict_args(self):
            return ["x"]
"""
BROKEN = "import a_missing_module\n"


def names(models):
    return [model.description.name for model in models]


def test_nothing_is_installed_where_no_package_offers_a_model():
    assert installed() == {}


def test_all_models_of_all_packages_are_found_in_alphabetical_order(install):
    install("voices", MODEL, quiet="voices:Quiet", loud="voices:Loud")
    install("broken", BROKEN)
    assert installed() == {
        "broken": Source("broken", "broken", "broken"),
        "loud": Source("loud", "voices:Loud", "voices"),
        "quiet": Source("quiet", "voices:Quiet", "voices"),
    }


def test_extras_of_an_entry_point_are_no_part_of_its_value(install):
    install("voices", MODEL, loud="voices:Loud [gpu]")
    assert installed()["loud"].load().predict() == "LOUD"


def test_two_packages_with_different_models_of_one_name_are_told_apart(install):
    install("one", MODEL, voice="one:Quiet")
    install("two", MODEL, voice="two:Quiet")
    with pytest.raises(ModuleNotFoundError, match=r"'voice' .* (one and two|two and one)"):
        installed()


def test_several_models_on_one_module_are_served_side_by_side(install):
    install("voices", MODEL, quiet="voices:Quiet", loud="voices:Loud")
    models = load_models([])
    assert names(models) == ["loud", "quiet"]
    assert [model.model.predict() for model in models] == ["LOUD", "quiet"]


def test_named_models_are_served_in_the_order_of_their_names_and_once_each(install):
    install("voices", MODEL, quiet="voices:Quiet", loud="voices:Loud", wrong="voices:Wrong")
    assert names(load_models(["quiet", "loud", "quiet"])) == ["quiet", "loud"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (BROKEN, "model 'broken' cannot be imported: No module named 'a_missing_module'"),
        ("1 / 0", "model 'broken' cannot be imported: ZeroDivisionError"),
        ("schema = 5", "model 'broken', schema must be a dict of marshmallow fields"),
        ("x = 1", "model 'broken' offers none of"),
    ],
)
def test_a_model_that_cannot_be_served_is_reported_and_left_out(install, caplog, code, message):
    install("voices", MODEL, quiet="voices:Quiet")
    install("broken", code)
    assert names(load_models([])) == ["quiet"]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert message in record.message
    assert record.message.endswith("; it is left out")


@pytest.mark.parametrize("code", [BROKEN, "1 / 0", "schema = 5"])
def test_a_named_model_that_cannot_be_served_is_an_error(install, code):
    install("voices", MODEL, quiet="voices:Quiet")
    install("broken", code)
    with pytest.raises(DeepaasError, match="model 'broken'"):
        load_models(["quiet", "broken"])


def test_a_broken_model_does_not_matter_where_another_one_is_named(install, caplog):
    install("voices", MODEL, quiet="voices:Quiet")
    install("broken", BROKEN)
    assert names(load_models(["quiet"])) == ["quiet"]
    assert caplog.records == []


def test_a_named_model_that_is_not_installed_is_an_error_that_names_those_that_are(install):
    install("voices", MODEL, quiet="voices:Quiet", loud="voices:Loud")
    with pytest.raises(ModuleNotFoundError) as refused:
        choose(["silent"])
    assert str(refused.value) == "model 'silent' is not installed (installed: loud, quiet)"


def test_a_module_that_is_not_there_is_told_of(only_site):
    for name in ("no.such", "such:model"):
        with pytest.raises(ModuleNotFoundError, match=f"there is no module '{name.split(':')[0]}'"):
            choose([name])


def test_without_any_model_it_is_said_what_to_do():
    with pytest.raises(NoModelsAvailable) as refused:
        choose([])
    for text in ("Install a package", "'deepaas.v2.model'", "--model-name deepaas-test"):
        assert text in str(refused.value)


def test_it_is_an_error_if_none_of_the_installed_models_can_be_served(install):
    install("broken", BROKEN)
    with pytest.raises(NoModelsAvailable, match="none of the installed models can be served"):
        load_models([])


def test_the_built_in_model_is_served_if_it_is_named_and_never_else(install):
    install("voices", MODEL, quiet="voices:Quiet")
    assert names(load_models([])) == ["quiet"]
    (model,) = load_models(["deepaas-test"])
    assert isinstance(model.model, TestModel)
    assert model.description.name == "deepaas-test"


def test_an_installed_model_comes_before_the_built_in_one_of_the_same_name(install):
    install("voices", MODEL, **{"deepaas-test": "voices:Quiet"})
    (model,) = load_models(["deepaas-test"])
    assert model.model.predict() == "quiet"
