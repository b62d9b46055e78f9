"""What the page on tools for authors shows is what happens."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import deepaas

SOURCE = Path(__file__).parents[2] / "doc" / "source"
PAGE = (SOURCE / "authoring-tools.rst").read_text()
MODEL = """
from webargs import fields

def get_metadata():
    return {"summary": "Says something.", "author": "me"}

def get_predict_args():
    return {
        "text": fields.Str(required=True, metadata={"description": "What to say."}),
        "times": fields.Int(load_default=2),
    }

def predict(text, times, size): ...
"""


@pytest.fixture
def python(tmp_path, unset):
    """Run Python beside the examples of the page."""
    for name in ("shout.py", "testing.py", "test_shout.py"):
        shutil.copy(SOURCE / "examples" / name, tmp_path)

    def run(*argv):
        return subprocess.run(
            [sys.executable, *argv], cwd=tmp_path, capture_output=True, text=True, timeout=100
        )

    return run


def test_the_example_of_serve_runs(python):
    ended = python("testing.py")
    assert ended.returncode == 0, ended.stderr
    assert "times: Must be" in ended.stdout


def test_the_example_of_the_fixtures_passes(python):
    ended = python("-m", "pytest", "-p", "no:cacheprovider", "test_shout.py")
    assert "1 passed" in ended.stdout, ended.stdout


def test_the_report_of_deepaas_check_is_what_it_says(python, tmp_path):
    (tmp_path / "model.py").write_text(MODEL)
    ended = python("-m", "deepaas.cmd.check", "model.py")
    block = re.search(r"\$ deepaas-check model\.py\n((?: {3}.*\n|\n)+)", PAGE)[1]
    shown = textwrap.dedent(block).strip()
    told = ended.stdout.strip().replace(str(tmp_path), "/home/me")
    assert told == shown


def test_commands_and_options_of_the_page_exist(python):
    commands = set(re.findall(r"\bdeepaas-(\w+)", PAGE))
    assert commands == {"init", "check", "run"}
    for command in commands:
        assert python("-m", f"deepaas.cmd.{command}", "--help").returncode == 0


def test_the_package_has_its_templates():
    assert len(os.listdir(Path(deepaas.__file__).parent / "templates")) == 10
