"""``deepaas.testing.serve``: a real server for the time of a test."""

import importlib.util
import subprocess
import sys

import psutil
import pytest

from deepaas.client import InvalidArguments
from deepaas.testing import StartError, serve


def test_a_file_is_served_and_asked(model):
    with serve(model) as served:
        assert served.predict(text="hello").value == "HELLO HELLO"
        assert served.metadata()["name"] == "A shouter"
        assert served.train(epochs=3).wait().document["result"]["output"] == {"epochs": 3}
        with pytest.raises(InvalidArguments, match="times"):
            served.predict(text="hello", times="many")
        assert "saying hello" in served.log


def test_the_server_ends_with_the_block(model):
    before = set(psutil.Process().children(recursive=True))
    with serve(model) as served:
        family = set(psutil.Process().children(recursive=True)) - before
        assert served.predict(text="a").value == "A A"
    assert family
    assert not any(process.is_running() for process in family)


def test_the_server_ends_with_a_test_that_is_killed(model):
    code = f"from deepaas.testing import serve\nwith serve({str(model)!r}): print(); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as test:
        test.stdout.readline()
        family = psutil.Process(test.pid).children(recursive=True)
        test.kill()
    assert family
    assert not psutil.wait_procs(family, timeout=60)[1]


def test_modules_and_functions_are_found_by_their_file(model):
    spec = importlib.util.spec_from_file_location("shouter", model)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with serve(module) as served:
        assert served.predict(text="a", times=1).value == "A"


def test_options_and_the_environment_reach_the_server(tmp_path, unset):
    model = tmp_path / "telling.py"
    model.write_text(
        "import os\n\n"
        "def predict(name: str) -> str:\n    return os.environ[name]\n\n"
        "def warm():\n    raise OSError('not to be warmed')\n"
    )
    with serve(model, warm=False, predict_only=True, environment={"COLOUR": "red"}) as served:
        assert served.predict(name="COLOUR").value == "red"


def test_a_model_that_fails_at_its_start_raises_what_the_server_says(tmp_path, unset):
    model = tmp_path / "broken.py"
    model.write_text("def predict(text: str) -> str:\n    return text\n\nimport nothing_like_it\n")
    with pytest.raises(StartError, match="nothing_like_it"), serve(model):
        pass


def test_what_no_server_could_find_is_refused(unset):
    with (
        pytest.raises(ValueError, match="a server runs in another process"),
        serve(lambda text: text),
    ):
        pass


def test_without_a_name_the_models_of_the_project_are_served(model, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.entry-points."deepaas.v2.model"]\nloud = "shouter"\n'
    )
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path / "tests")
    with pytest.raises(StartError), serve():
        pass
    monkeypatch.chdir(tmp_path)
    with serve() as served:
        assert served.predict(text="a").value == "A A"


def test_outside_of_a_project_a_model_must_be_named(tmp_path, monkeypatch, unset):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no pyproject\.toml"), serve():
        pass
