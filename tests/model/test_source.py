"""What an entry point leads to: a module, an object or a class."""

import pickle
import sys

import pytest

from deepaas.exceptions import DeepaasError, InvalidModel, ModuleNotFoundError
from deepaas.model.source import GivenModel, Source

pytestmark = pytest.mark.usefixtures("only_site")
SEVERAL = """
    class Model:
        def __init__(self):
            self.made = True

        def predict(self):
            return "instance"

    class Demanding:
        def __init__(self, weights):
            pass

    class Holder:
        inner = Model()

    model = Model()

    def predict():
        return "module"
"""


@pytest.fixture
def load(install):
    """Load what an entry point with this value leads to."""

    def load_value(value, code=SEVERAL):
        install("several", code)
        return Source("mine", value, "several").load()

    return load_value


def test_a_module_is_the_model_itself(load):
    assert load("several") is sys.modules["several"]


def test_an_object_is_the_model_itself(load):
    assert load("several:model") is sys.modules["several"].model


def test_an_object_in_an_object_can_be_named(load):
    assert load("several:Holder.inner").predict() == "instance"


def test_spaces_around_the_parts_do_not_matter(load):
    assert load("several : model").predict() == "instance"


def test_a_class_is_instantiated(load):
    model = load("several:Model")
    assert type(model) is sys.modules["several"].Model
    assert model.made


def test_a_class_that_wants_arguments_is_refused(load):
    with pytest.raises(InvalidModel) as refused:
        load("several:Demanding")
    assert "model 'mine': the class Demanding cannot be instantiated" in str(refused.value)
    assert "'weights'" in str(refused.value)


def test_a_name_that_the_module_does_not_have_is_refused(load):
    with pytest.raises(InvalidModel, match=r"'several:Modell', but .* 'Modell'"):
        load("several:Modell")


def test_a_module_that_does_not_exist_is_named():
    with pytest.raises(ModuleNotFoundError, match=r"'mine' .* 'absent_module'"):
        Source("mine", "absent_module").load()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import a_missing_module", "No module named 'a_missing_module'"),
        ("from json import a_missing_name", "cannot import name 'a_missing_name'"),
    ],
)
def test_an_import_that_fails_in_the_module_is_named(load, code, words):
    with pytest.raises(ModuleNotFoundError, match=f"model 'mine' cannot be imported: .*{words}"):
        load("several", code)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("open('/absent/weights')", "FileNotFoundError: .*/absent/weights"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def predict(:", "SyntaxError"),
        ("raise SystemExit(3)", "several calls sys.exit"),
    ],
)
def test_a_module_that_raises_is_refused_with_what_it_raised(load, code, words):
    with pytest.raises(InvalidModel, match=f"model 'mine' cannot be imported: .*{words}"):
        load("several", code)


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("from werkzeug.exceptions import BadRequest", "werkzeug"),
        ("import dateutil.parser", "dateutil"),
        ("import psutil", "psutil"),
        ("import pkg_resources", "pkg_resources"),
    ],
)
def test_what_old_modules_import_undeclared_comes_with_an_extra(load, monkeypatch, code, missing):
    for name in {name for name in sys.modules if name.partition(".")[0] == missing} | {missing}:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError) as refused:
        load("several", code)
    assert f"old modules use {missing} without declaring it" in str(refused.value)
    assert "pip install 'deepaas[legacy]'" in str(refused.value)


def test_the_extra_is_not_offered_for_anything_else(load):
    with pytest.raises(ModuleNotFoundError) as refused:
        load("several", "import a_missing_module.werkzeug")
    assert "legacy" not in str(refused.value)


@pytest.mark.parametrize(
    "code",
    [
        "from flaat import Flaat\nflaat = Flaat()",
        "from flaat import tokentools",
        "import flaat\nflaat.Flaat()",
        "from flaat.aio import Flaat\nFlaat().set_web_framework('aiohttp')",
        "from flaat.aio import Flaat\n@Flaat().login_required()\ndef predict(): pass",
    ],
)
@pytest.mark.parametrize("installed", [True, False])
def test_a_module_of_flaat_0_is_told_what_to_change(load, monkeypatch, code, installed):
    if not installed:
        for name in ("flaat", "flaat.aio"):
            monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(DeepaasError) as refused:
        load("several", code)
    assert "cannot be imported: " in str(refused.value)
    assert "take flaat's decorators out of the module: deepaas asks who" in str(refused.value)


def test_old_declarations_at_import_give_no_warning(load):
    load("several", "from webargs import fields\nschema = {'a': fields.Str(missing='b', x=1)}")


@pytest.mark.parametrize("source", [Source("a", "b:c", "d"), GivenModel("a", {"some": "object"})])
def test_a_source_reaches_a_worker_whole(source):
    assert pickle.loads(pickle.dumps(source)) == source


def test_a_given_model_is_there_already():
    model = object()
    assert GivenModel("mine", model).load() is model
