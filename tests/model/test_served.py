"""Installed models, served: what is found in this process is found again in the workers."""

import aiohttp
import pytest

from deepaas.exceptions import InvalidModel
from deepaas.model.loaded import load_models

pytestmark = pytest.mark.usefixtures("only_site")
KINDS = """
    import functools
    from webargs import fields

    def catch(function):
        @functools.wraps(function)
        def caught(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except ZeroDivisionError:
                return "caught"
        return caught

    def get_predict_args():
        return {"by": fields.Int(missing=0)}

    @catch
    def predict(by):
        return 6 // by

    class Model:
        def __init__(self):
            self.warmed = False

        def warm(self):
            self.warmed = True

        def get_predict_args(self):
            return {}

        def predict(self):
            return self.warmed

    model = Model()
"""
DATES = """
    from webargs import fields, validate

    def get_predict_args():
        return {
            "since": fields.Date(missing="2020-01-01"),
            "scale": fields.Float(missing="auto"),
            "size": fields.List(fields.Int(), missing="[1, 2]"),
        }

    def predict(**kwargs):
        return kwargs
"""
UNBOUNDED = """
    from webargs import fields, validate

    def get_predict_args():
        return {"size": fields.Int(validate=validate.Range(min="small"))}

    def predict(size):
        return size
"""


async def predict(client, model, **options):
    async with client.post(f"/v2/models/{model}/predict/", **options) as response:
        return response.status, await response.json()


async def test_a_module_an_object_and_a_class_are_served_alike(serve_loaded, install):
    install("kinds", KINDS, module="kinds", object="kinds:model", kind="kinds:Model")
    client = await serve_loaded(*load_models([]))
    assert await predict(client, "object") == (200, {"status": "OK", "predictions": True})
    assert await predict(client, "kind") == (200, {"status": "OK", "predictions": True})
    status, answer = await predict(client, "module", params={"by": 2})
    assert (status, answer["predictions"]) == (200, 3)


async def test_functions_may_come_from_decorators(serve_loaded, install):
    install("kinds", KINDS)
    client = await serve_loaded(*load_models([]))
    assert (await predict(client, "kinds"))[1]["predictions"] == "caught"


async def test_a_default_that_is_text_where_its_field_is_not_reaches_the_model_as_it_is(
    serve_loaded, install
):
    install("dates", DATES)
    client = await serve_loaded(*load_models([]))
    status, answer = await predict(client, "dates")
    assert status == 200
    assert answer["predictions"] == {"since": "2020-01-01", "scale": "auto", "size": "[1, 2]"}
    async with client.get("/swagger.json") as response:
        document = await response.json()
    since, scale, size = document["paths"]["/v2/models/dates/predict/"]["post"]["parameters"]
    assert since["default"] == "2020-01-01"
    # These would not fit their types.
    assert "default" not in scale
    assert "default" not in size


async def test_what_cannot_be_documented_keeps_the_server_from_starting(serve_loaded, install):
    install("unbounded", UNBOUNDED)
    with pytest.raises(InvalidModel, match="model 'unbounded': what it declares cannot be"):
        await serve_loaded(*load_models([]))


async def test_the_built_in_model_answers_what_it_was_asked(serve_loaded):
    client = await serve_loaded(*load_models(["deepaas-test"]))
    form = aiohttp.FormData({"parameter": "3", "parameter_three": "foo"})
    form.add_field("data", b"four", filename="a.txt", content_type="text/plain")
    status, answer = await predict(client, "deepaas-test", data=form)
    assert (status, answer["predictions"]) == (
        200,
        {"file": "a.txt", "size": 4, "parameter": 3, "parameter_three": "foo"},
    )


@pytest.mark.parametrize(
    ("accept", "begins"), [("text/plain", b"{'file': 'a.txt'"), ("image/png", b"\x89PNG")]
)
async def test_the_built_in_model_answers_in_other_types(serve_loaded, accept, begins):
    client = await serve_loaded(*load_models(["deepaas-test"]))
    form = aiohttp.FormData({"parameter": "3"})
    form.add_field("data", b"four", filename="a.txt")
    url = "/v2/models/deepaas-test/predict/"
    async with client.post(url, data=form, headers={"Accept": accept}) as response:
        assert response.status == 200
        assert response.content_type == accept
        assert (await response.read()).startswith(begins)
