import pytest


@pytest.fixture(scope="module")
def shout(module_serve_model):
    return module_serve_model("shout")


def test_it_shouts(shout):
    assert shout.predict(text="hello", times=2).value == "HELLO! HELLO!"
