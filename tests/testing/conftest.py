"""A model as authors write one, in a file of its own."""

import pytest

MODEL = '''
def predict(text: str, times: int = 2) -> str:
    """Say something several times."""
    print("saying", text, flush=True)
    if text == "fail":
        raise RuntimeError("no words")
    return " ".join([text.upper()] * times)


def train(epochs: int = 1) -> dict:
    return {"epochs": epochs}


def get_metadata():
    return {"name": "A shouter"}
'''


@pytest.fixture
def model(tmp_path, unset):
    """The file of a model."""
    file = tmp_path / "shouter.py"
    file.write_text(MODEL)
    return file
