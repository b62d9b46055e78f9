"""What ``/swagger.json`` says."""

import schemathesis

from deepaas.trainings.record import Status
from tests.api.asking import get

MODELS = ("echo", "kinds", "places", "declared", "files", "builtin", "unfinished", "bare")
STRUCTURED = ("structured:Dictionary", "structured:Class")
ANY = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"


async def document(serve, *models, **settings):
    """Return the document of a server."""
    client = await serve(*models, **settings)
    return (await get(client, f"{settings.get('base_path', '')}/swagger.json")).json


def predict(found, model):
    """Return the operation that predicts."""
    return found["paths"][f"/v2/models/{model}/predict/"]["post"]


def parameters(operation):
    """Return the parameters of an operation by name, in order."""
    return {one["name"]: one for one in operation["parameters"]}


async def test_it_is_valid_swagger_2(serve):
    for settings in ({}, {"base_path": "/p", "debug_endpoint": True, "train_endpoint": False}):
        found = await document(serve, *MODELS, *STRUCTURED, **settings)
        assert found["swagger"] == "2.0"
        schemathesis.openapi.from_dict(found).validate()


async def test_there_is_an_operation_for_each_route_that_answers_and_none_for_head(serve):
    found = await document(serve, "echo", "bare")
    assert {path: set(operations) for path, operations in found["paths"].items()} == {
        "/": {"get"},
        "/v2": {"get"},
        "/v2/": {"get"},
        "/v2/health/live": {"get"},
        "/v2/health/ready": {"get"},
        "/v2/debug/": {"get"},
        "/v2/models/": {"get"},
        "/v2/models/stats": {"get"},
        "/v2/repository/index": {"post"},
        "/v1/models": {"get"},
        "/v2/models/echo/": {"get"},
        "/v2/models/echo/predict/": {"post"},
        "/v2/models/echo/train/": {"get", "post"},
        "/v2/models/echo/train/{uuid}": {"get", "delete"},
        "/v2/models/echo/train/{uuid}/resume": {"post"},
        "/v2/models/echo/train/{uuid}/events": {"get"},
        "/v2/models/echo/train/{uuid}/log": {"get"},
        "/v2/models/echo/train/{uuid}/metrics": {"get"},
        "/v2/models/echo/train/{uuid}/artifacts": {"get"},
        "/v2/models/echo/train/{uuid}/artifacts/{name}": {"get"},
        "/v2/models/bare/": {"get"},
        "/v2/models/bare/predict/": {"post"},
        **{
            f"/v2/models/{model}{version}{path}": operations
            for model in ("echo", "bare")
            for version in ("", "/versions/{version}")
            for path, operations in (
                ("/infer", {"post"}),
                ("/generate", {"post"}),
                ("/generate_stream", {"post"}),
                ("/ready", {"get"}),
                ("/stats", {"get"}),
            )
        },
        **{
            path.format(model): operations
            for model in ("echo", "bare")
            for path, operations in (
                ("/v1/models/{}", {"get"}),
                ("/v1/models/{}:predict", {"post"}),
                ("/v2/repository/models/{}/load", {"post"}),
                ("/v2/repository/models/{}/unload", {"post"}),
            )
        },
        "/v2/models/echo/versions/{version}": {"get"},
        "/v2/models/bare/versions/{version}": {"get"},
    }


async def test_only_models_that_take_part_can_be_served_from_a_training(serve):
    found = await document(serve, "echo", "promotable")
    paths = {path: set(found["paths"][path]) for path in found["paths"] if "promote" in path}
    assert paths == {"/v2/models/promotable/train/{uuid}/promote": {"post", "delete"}}


async def test_parameters_are_described_in_declared_order(serve):
    found = await document(serve, "echo")
    assert predict(found, "echo")["parameters"] == [
        {
            "name": "text",
            "in": "query",
            "required": False,
            "type": "string",
            "default": "hello",
            "description": "Any text.",
        },
        {
            "name": "number",
            "in": "query",
            "required": False,
            "type": "integer",
            "default": 1,
            "minimum": 1,
            "maximum": 10,
        },
        {"name": "factor", "in": "query", "required": False, "type": "number"},
        {
            "name": "values",
            "in": "query",
            "required": False,
            "type": "array",
            "items": {"type": "number"},
            "collectionFormat": "multi",
        },
        {
            "name": "flag",
            "in": "query",
            "required": False,
            "type": "boolean",
            "default": False,
        },
        {
            "name": "mode",
            "in": "query",
            "required": False,
            "type": "string",
            "enum": ["a", "b"],
        },
        {
            "name": "settings",
            "in": "query",
            "required": False,
            "type": "string",
            "format": "json",
        },
        {"name": "how", "in": "query", "required": False, "type": "string", "default": "json"},
        {"name": "data", "in": "formData", "required": False, "type": "file"},
        {
            "name": "accept",
            "in": "header",
            "required": False,
            "type": "string",
            "enum": ["application/json", "image/png", "text/plain", "*/*"],
            "default": "application/json",
        },
    ]


async def test_every_kind_of_field_has_a_type_and_a_format(serve):
    found = parameters(predict(await document(serve, "kinds"), "kinds"))
    assert {name: (one["type"], one.get("format")) for name, one in found.items()} == {
        "str": ("string", None),
        "field": ("string", None),
        "int": ("integer", None),
        "bool": ("boolean", None),
        "float": ("number", None),
        "strings": ("array", None),
        "integers": ("array", None),
        "url": ("string", "url"),
        "raw": ("string", None),
        "date": ("string", "date"),
        "datetime": ("string", "date-time"),
        "dict": ("string", "json"),
        "nested": ("string", "json"),
        "points": ("array", None),
        "uuid": ("string", "uuid"),
        "even": ("integer", None),
        "broken": ("string", None),
    }
    assert found["points"]["items"] == {"type": "string", "format": "json"}


async def test_callers_read_the_names_places_and_choices_that_they_are_to_use(serve):
    found = await document(serve, "declared", "places", "builtin", "described")
    declared = parameters(predict(found, "declared"))
    assert "given-name" in declared
    assert "renamed" not in declared
    assert declared["choice"]["enum"] == ["a", "b"]
    assert declared["alpha"]["description"] == "As metadata."
    assert declared["zeta"]["description"] == "As a keyword."
    assert "default" not in declared["nothing"]
    assert declared["few"]["items"] == {"type": "integer", "maximum": 9}
    places = parameters(predict(found, "places"))
    assert {name: one["in"] for name, one in places.items() if name != "cookies"} == {
        "anywhere": "query",
        "query": "query",
        "querystring": "query",
        "form": "formData",
        "X-Token": "header",
        "values": "query",
        "file": "formData",
    }
    builtin = parameters(predict(found, "builtin"))
    required = [name for name, one in builtin.items() if one["required"]]
    assert required == ["data", "parameter"]
    body = parameters(predict(found, "described"))["body"]
    assert (body["in"], body["required"]) == ("body", True)
    assert body["schema"]["required"] == ["point"]


async def test_what_predict_produces_is_always_there(serve):
    accepting = ("accepting:InHeaders", "accepting:WithoutDefault", "accepting:Anything")
    found = await document(serve, *accepting, "accepting:Ordinary", "bare")
    produces = [predict(found, model)["produces"] for model in (*accepting, "accepting:Ordinary")]
    assert produces == [
        ["application/json", "image/png", "text/plain", "*/*"],
        ["image/png", "text/plain", "*/*"],
        ["text/plain", "*/*"],
        ["application/json", "image/png", "text/plain", "*/*"],
    ]
    assert predict(found, "bare")["produces"] == ["application/json"]


async def test_what_predict_consumes_fits_its_parameters(serve):
    found = await document(serve, "kinds", "files", "described", "bare")
    consumes = {model: set(predict(found, model)["consumes"]) for model in ("kinds", "bare")}
    assert consumes == {"kinds": set(ANY), "bare": set(ANY)}
    assert predict(found, "files")["consumes"] == ["multipart/form-data"]
    assert predict(found, "described")["consumes"] == ["application/json"]


async def test_answers_that_follow_a_schema_are_described_by_it(serve):
    wanted = {
        "label": {"type": "string"},
        "scores": {"type": "array", "items": {"type": "number"}},
        "day": {"type": "string", "format": "date"},
    }
    for model in STRUCTURED:
        found = await document(serve, model)
        properties = found["definitions"]["ModelPredictionResponse"]["properties"]
        properties["scores"].pop("description", None)
        assert properties == wanted
        schema = predict(found, model)["responses"]["200"]["schema"]
        assert schema == {"$ref": "#/definitions/ModelPredictionResponse"}
    found = await document(serve, "echo")
    schema = predict(found, "echo")["responses"]["200"]["schema"]
    assert schema == {"$ref": "#/definitions/Prediction"}


async def test_several_models_have_a_schema_each(serve):
    found = await document(serve, *STRUCTURED)
    schemas = [predict(found, model)["responses"]["200"]["schema"]["$ref"] for model in STRUCTURED]
    assert schemas[0] == "#/definitions/ModelPredictionResponse"
    assert len(set(schemas)) == 2


async def test_nested_schemas_of_the_same_name_are_kept_apart(serve):
    found = await document(serve, "kinds", "described")
    points = [one for name, one in found["definitions"].items() if name.startswith("Point")]
    assert [one["properties"]["x"].get("maximum") for one in points] == [None, 100]


async def test_where_watchers_go_on_is_documented_as_header_and_in_the_query(serve):
    found = await document(serve, "echo")
    events = parameters(found["paths"]["/v2/models/echo/train/{uuid}/events"]["get"])
    assert events["Last-Event-ID"]["in"] == "header"
    assert events["last_event_id"]["in"] == "query"
    assert {events[name]["maximum"] for name in ("Last-Event-ID", "last_event_id")} == {999999999}


async def test_where_a_training_comes_from_is_documented_where_it_is_told(serve):
    found = await document(serve, "echo")
    path = found["paths"]["/v2/models/echo/train/{uuid}"]
    shown = {
        method: set(found["definitions"][answer["schema"]["$ref"].rpartition("/")[2]]["properties"])
        for method in ("get", "delete")
        for answer in (path[method]["responses"]["200"],)
    }
    more = {"caller", "version", "files", "started", "finished"}
    assert shown["get"] - shown["delete"] == more
    assert shown["get"] - more == shown["delete"]


async def test_states_of_trainings_and_failures_are_documented(serve):
    found = await document(serve, "echo")
    training = found["definitions"]["Training"]["properties"]
    assert set(training["status"]["enum"]) == {status.value for status in Status}
    for path in ("predict", "train"):
        answers = found["paths"][f"/v2/models/echo/{path}/"]["post"]["responses"]
        assert {"200", "400", "413", "415", "422", "500", "501"} <= set(answers)
        assert answers["422"]["schema"]["type"] == "object"
        assert answers["500"]["schema"] == {"$ref": "#/definitions/Failure"}
    assert set(found["definitions"]["Failure"]["required"]) == {"error", "message"}
