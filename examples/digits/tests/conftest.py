"""A model folder that holds the first model, trained once for all tests of a process."""

import shutil
from pathlib import Path

import pytest

from digits import api


@pytest.fixture(scope="session")
def first_model(tmp_path_factory):
    """The folder of a first model that nothing changes."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITS_MODEL_DIR", str(folder))
        api.warm()
    return folder


@pytest.fixture
def empty_dir(tmp_path, monkeypatch):
    """The test's own model folder, without a model; none is loaded either."""
    folder = tmp_path / "models"
    monkeypatch.setenv("DIGITS_MODEL_DIR", str(folder))
    monkeypatch.setattr(api, "_served", None)
    return folder


@pytest.fixture
def model_dir(empty_dir, first_model):
    """The test's own model folder, with the first model in it."""
    shutil.copytree(first_model, empty_dir)
    return empty_dir


@pytest.fixture(scope="session")
def pictures():
    """The folder of pictures to try."""
    return Path(__file__).parent.parent / "pictures"
