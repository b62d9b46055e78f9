"""The fixtures of pytest, in projects of their own."""

import os
import subprocess
import sys

import pytest

from tests.bare import BARE

TESTS = """
def test_it_shouts(serve_model):
    assert serve_model("shouter.py").predict(text="a").value == "A A"

def test_it_fails(serve_model):
    served = serve_model("shouter.py")
    served.predict(text="secret")
    assert False
"""
SCOPED = """
import pytest

@pytest.fixture(scope="module")
def served(module_serve_model):
    return module_serve_model("shouter.py")

def test_one(served):
    assert served.predict(text="a").value == "A A"
    served.process = 1

def test_two(served):
    assert served.process == 1
    assert served.predict(text="b").value == "B B"
"""
OUTSIDE = """
def test_it_shouts(serve_model):
    assert serve_model().predict(text="a").value == "A A"
"""
NOTHING = """
import sys

def test_nothing_is_imported():
    assert "pytest_deepaas" in sys.modules
    assert [name for name in sys.modules if name.partition(".")[0] == "deepaas"] == []
"""


@pytest.fixture
def run_pytest(model):
    """Run tests beside the model."""

    def run(code):
        (model.parent / "test_shouter.py").write_text(code)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "test_shouter.py"],
            cwd=model.parent,
            env={**os.environ, **BARE},
            capture_output=True,
            text=True,
            timeout=100,
        )

    return run


def test_a_test_gets_a_server_whose_log_is_shown_when_it_fails(run_pytest):
    ended = run_pytest(TESTS)
    assert "1 failed, 1 passed" in ended.stdout
    assert "deepaas-run at http://127.0.0.1:" in ended.stdout
    assert "saying secret" in ended.stdout
    assert "saying a" not in ended.stdout


def test_a_server_lives_as_long_as_its_fixture(run_pytest):
    ended = run_pytest(SCOPED)
    assert "2 passed" in ended.stdout, ended.stdout


def test_the_models_of_a_project_are_found_from_outside_of_it(model):
    (model.parent / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.entry-points."deepaas.v2.model"]\nloud = "shouter"\n'
        "[tool.pytest.ini_options]\n"
    )
    (model.parent / "test_shouter.py").write_text(OUTSIDE)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", model.parent],
        cwd="/",
        env={**os.environ, **BARE},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "1 passed" in ended.stdout, ended.stdout


def test_nothing_is_imported_before_a_fixture_is_used(run_pytest):
    ended = run_pytest(NOTHING)
    assert "1 passed" in ended.stdout, ended.stdout
