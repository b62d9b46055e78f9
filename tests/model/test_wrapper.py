"""The classes that models import, and the one that wraps them."""

import abc
import importlib
import pickle

import marshmallow
import pytest
from aiohttp import web

from deepaas import exceptions
from deepaas.model.v2 import base, wrapper
from deepaas.model.v2.test import TestModel

FILE = ["name", "filename", "content_type", "original_filename"]
SHOUT = """
    from webargs import fields, validate

    schema = {"text": fields.Str(required=True)}
    warmed = []

    def get_metadata():
        return {"name": "Shout", "version": "3"}

    def warm():
        warmed.append(True)

    def get_predict_args():
        return {"text": fields.Str(missing="hello"), "times": fields.Int(required=True)}

    def predict(text, times):
        return {"text": text.upper() * times}

    def get_train_args():
        return {"epochs": fields.Int(missing=1)}

    def train(epochs):
        return epochs
"""


# Files


@pytest.mark.parametrize("kind", [wrapper.UploadedFile, wrapper.ReturnedFile])
def test_a_file_is_a_named_tuple_that_pickles(kind):
    file = kind("data", "/folder/1.png", "image/png", "cat.png")
    assert file == ("data", "/folder/1.png", "image/png", "cat.png")
    assert file._asdict() == dict(zip(FILE, file, strict=True))
    copy = pickle.loads(pickle.dumps(file))
    assert type(copy) is kind
    assert copy == file


@pytest.mark.parametrize("kind", [wrapper.UploadedFile, wrapper.ReturnedFile])
def test_all_that_is_known_of_a_file_may_be_left_out(kind):
    assert kind() == (None, None, None, None)
    assert kind(filename="/folder/1.png") == (None, "/folder/1.png", None, None)


# Models


def test_the_base_model_asks_for_every_function():
    assert isinstance(base.BaseModel, abc.ABCMeta)
    assert base.BaseModel.schema is None
    assert base.BaseModel.__abstractmethods__ == {
        "get_metadata",
        "warm",
        "predict",
        "get_predict_args",
        "train",
        "get_train_args",
    }
    with pytest.raises(TypeError, match="abstract"):
        base.BaseModel()


def test_the_test_model_is_a_whole_model(tmp_path):
    model = TestModel()
    assert isinstance(model, base.BaseModel)
    assert model.get_metadata()["name"] == "deepaas-test"
    assert list(model.get_predict_args()) == ["data", "parameter", "parameter_three", "accept"]
    assert model.train(sleep=0) == {"sleep": 0}
    (tmp_path / "file").write_bytes(b"four")
    answer = model.predict(
        data=wrapper.UploadedFile("data", str(tmp_path / "file"), "text/plain", "a.txt"),
        parameter=3,
        accept="application/json",
    )
    assert answer == {"file": "a.txt", "size": 4, "parameter": 3, "parameter_three": None}


@pytest.fixture
def shout(install, only_site):
    """A model as a module."""
    install("shout", SHOUT)
    return importlib.import_module("shout")


def test_a_wrapper_asks_the_model_and_adds_what_the_api_adds(shout):
    wrapped = wrapper.ModelWrapper("shout", shout)
    assert wrapped.name == "shout"
    assert wrapped.model_obj is shout
    assert wrapped.app is None
    assert wrapped.get_metadata() == {
        "id": "shout",
        "name": "Shout",
        "version": "3",
        "links": [{"rel": "self", "href": "/v2/models/shout"}],
    }


def test_a_wrapper_hands_out_the_fields_of_the_model(shout):
    wrapped = wrapper.ModelWrapper("shout", shout)
    fields = wrapped.get_predict_args()
    assert {name: type(field) for name, field in fields.items()} == {
        "text": marshmallow.fields.String,
        "times": marshmallow.fields.Integer,
    }
    assert fields["times"].required
    assert wrapped.get_train_args()["epochs"].load_default == 1


async def test_a_wrapper_calls_the_model_in_this_process(shout):
    wrapped = wrapper.ModelWrapper("shout", shout, app=web.Application())
    await wrapped.warm()
    assert shout.warmed == [True]
    assert wrapped.predict(text="a", times=2) == {"text": "AA"}
    assert wrapped.train(epochs=3) == 3


def test_a_wrapper_checks_answers_against_the_schema_of_the_model(shout):
    wrapped = wrapper.ModelWrapper("shout", shout)
    assert wrapped.has_schema
    assert wrapped.validate_response({"text": "A"})
    with pytest.raises(marshmallow.ValidationError, match="required"):
        wrapped.validate_response({})


async def test_a_wrapper_is_content_with_a_model_that_offers_little():
    class Bare:
        def predict(self):
            return 1

    wrapped = wrapper.ModelWrapper("bare", Bare())
    await wrapped.warm()
    assert wrapped.get_predict_args() == wrapped.get_train_args() == {}
    assert not wrapped.has_schema
    assert wrapped.validate_response("anything")
    assert "no description" in wrapped.get_metadata()["description"]


def test_a_wrapper_refuses_what_cannot_be_served():
    with pytest.raises(exceptions.InvalidModel, match="'object' offers none of"):
        wrapper.ModelWrapper("object", object())
