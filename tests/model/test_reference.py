"""What a person writes to name a model: files and modules."""

import os
import pickle
import sys

import pytest

from deepaas.exceptions import InvalidModel, ModuleNotFoundError
from deepaas.model.loaded import load_models
from deepaas.model.loading import choose
from deepaas.model.reference import file_source, module_source, names_code
from tests.conftest import importable

PREDICT = "def predict(text: str) -> str: return text\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, only_site):
    """The working directory; what is imported of it is forgotten."""
    monkeypatch.chdir(tmp_path)
    with importable(tmp_path / "elsewhere", monkeypatch):
        monkeypatch.setattr(sys, "path", [*sys.path])
        before = {*sys.modules}
        yield tmp_path
        for name in {*sys.modules} - before:
            if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
                del sys.modules[name]


def loaded(*names):
    """Load what a person names; return the models by name."""
    return {one.source.name: one.source.load() for one in load_models(names)}


def test_a_file(folder):
    (folder / "model.py").write_text(PREDICT)
    assert loaded("model.py")["model"].predict("a") == "a"


def test_a_file_elsewhere_by_any_path(folder):
    (folder / "far").mkdir()
    (folder / "far" / "model.py").write_text(PREDICT)
    for path in ("far/model.py", "./far/model.py", str(folder / "far" / "model.py")):
        assert list(loaded(path)) == ["model"]


def test_a_file_whose_name_is_no_name_for_python(folder):
    (folder / "my-model v2.py").write_text(PREDICT)
    assert loaded("my-model v2.py")["my-model v2"].predict("a") == "a"


def test_something_in_a_file(folder):
    (folder / "model.py").write_text("class Holder:\n    def shout(text: str): return text\n")
    assert loaded("model.py:Holder.shout")["shout"].predict("a") == "a"


def test_a_file_finds_its_neighbours(folder):
    (folder / "helper.py").write_text("WORD = 'hello'")
    (folder / "model.py").write_text("from helper import WORD\ndef predict(): return WORD\n")
    assert loaded("model.py")["model"].predict() == "hello"


def test_a_file_in_a_package_imports_as_in_the_package(folder):
    inner = folder / "package" / "inner"
    inner.mkdir(parents=True)
    for one in (folder / "package", inner):
        (one / "__init__.py").touch()
    (folder / "package" / "words.py").write_text("WORD = 'hello'")
    (inner / "model.py").write_text("from ..words import WORD\ndef predict(): return WORD\n")
    models = loaded("package/inner/model.py")
    assert models["model"].predict() == "hello"
    assert models["model"] is sys.modules["package.inner.model"]


@pytest.mark.parametrize("name", ["json", "test", "calendar"])
def test_a_file_that_is_called_like_a_module_of_python(folder, name):
    (folder / f"{name}.py").write_text("import json, calendar\n" + PREDICT)
    model = loaded(f"{name}.py")[name]
    assert model.predict("a") == "a"
    assert model.json.dumps is __import__("json").dumps


def test_a_file_that_is_called_like_what_the_server_uses(folder):
    import marshmallow

    (folder / "marshmallow.py").write_text(PREDICT)
    assert list(loaded("marshmallow.py")) == ["marshmallow"]
    assert sys.modules["marshmallow"] is marshmallow


def test_a_module(folder):
    (folder / "code_of_mine.py").write_text(PREDICT)
    assert list(loaded("code_of_mine")) == ["code_of_mine"]


def test_something_in_a_module_of_a_package(folder):
    (folder / "parcel").mkdir()
    (folder / "parcel" / "__init__.py").touch()
    (folder / "parcel" / "api.py").write_text("def shout(text: str): return text\n")
    assert list(loaded("parcel.api:shout")) == ["shout"]


def test_files_modules_and_installed_models_together(folder, install):
    install("installed", PREDICT)
    (folder / "model.py").write_text(PREDICT)
    (folder / "other.py").write_text(PREDICT)
    assert list(loaded("model.py", "installed", "other")) == ["model", "installed", "other"]


@pytest.mark.parametrize(
    ("value", "name"), [("decorated", "classify"), ("decorated:Model", "classify")]
)
def test_entry_points_may_name_what_is_decorated(install, value, name):
    install(
        "decorated",
        """
        import deepaas
        class Model:
            @deepaas.predict
            def run(self, text: str): return text
        """,
        classify=value,
    )
    assert loaded("classify")["classify"].predict("a") == "a"
    assert list(loaded()) == [name]


def test_an_entry_point_of_several_models(install):
    install(
        "several",
        """
        import deepaas
        @deepaas.predict(model="one")
        def one(text: str): ...
        @deepaas.predict(model="two")
        def two(text: str): ...
        """,
    )
    assert list(loaded("several")) == ["one", "two"]
    assert list(loaded()) == ["one", "two"]


def test_an_installed_model_goes_before_a_module_of_its_name(folder, install):
    install("hidden", PREDICT, model="hidden")
    (folder / "model.py").write_text("def predict(): return 'the file'\n")
    assert loaded("model")["model"].predict("a") == "a"


def test_a_source_is_found_again_in_a_worker(folder):
    (folder / "model.py").write_text(PREDICT)
    (source,) = (one for one in choose(["model.py"])[0].members())
    assert pickle.loads(pickle.dumps(source)).load().predict("a") == "a"


def test_a_folder(folder):
    (folder / "models").mkdir()
    with pytest.raises(ModuleNotFoundError, match=r"models is a folder; name a Python file in it"):
        choose([f".{os.sep}models"])


@pytest.mark.parametrize("name", ["missing.py", "models/missing.py", "missing.py:model"])
def test_a_file_that_is_not_there(name):
    with pytest.raises(ModuleNotFoundError, match=f"there is no file {name.partition(':')[0]}"):
        choose([name])


@pytest.mark.parametrize("name", ["missing", "missing.module", "json.missing", "a b", ""])
def test_a_name_of_nothing(name):
    with pytest.raises(ModuleNotFoundError, match="is not installed"):
        choose([name])


def test_what_is_not_in_a_file(folder):
    (folder / "model.py").write_text(PREDICT)
    with pytest.raises(InvalidModel, match="has no attribute 'shout'"):
        loaded("model.py:shout")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def predict(:\n", r"SyntaxError: .*\(model.py, line 1\)"),
        ("\nraise ValueError('bad')\n", r"ValueError: bad \(line 2 of .*model.py\)"),
        ("def f():\n    1 / 0\nf()\n", r"ZeroDivisionError: .* \(line 2 of .*model.py\)"),
        ("import not_there\n", r"No module named 'not_there' \(line 1 of .*model.py\)"),
        ("import sys\nsys.exit(3)\n", r"calls sys.exit \(line 2 of .*model.py\)"),
        ("def predict(text: int | str): ...", r"argument 'text': int \| str cannot be sent"),
        ("x = 1", "offers none of"),
    ],
)
def test_a_file_that_cannot_be_served(folder, code, words):
    (folder / "model.py").write_text(code)
    with pytest.raises((InvalidModel, ModuleNotFoundError), match=words) as refused:
        loaded("model.py")
    assert "\n" not in str(refused.value)


def test_a_file_in_a_package_that_raises(folder):
    (folder / "parcel").mkdir()
    (folder / "parcel" / "__init__.py").touch()
    (folder / "parcel" / "model.py").write_text("\n\n1 / 0\n")
    with pytest.raises(InvalidModel, match=r"\(line 3 of .*parcel.model.py\)"):
        loaded("parcel/model.py")


@pytest.mark.parametrize(
    ("text", "answer"),
    [("model.py", True), ("a/model", True), ("a:b", True), ("model", False), ("a.b", False)],
)
def test_names_of_code_are_told_from_others(text, answer):
    assert names_code(text) is answer


def test_what_names_no_file_or_module_is_left_to_others():
    assert file_source("model") is None
    assert module_source("no-name") is None


def test_a_name_that_divides_an_address_is_refused(tmp_path):
    file = tmp_path / "slashed.py"
    file.write_text("import deepaas\n@deepaas.predict(model='a/b')\ndef f(x: int = 1): ...\n")
    with pytest.raises(InvalidModel, match=r"model 'a/b', of .*slashed\.py, cannot be served"):
        load_models([str(file)])
