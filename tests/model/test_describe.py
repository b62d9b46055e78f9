"""What a model offers, asked once; what cannot be served is refused with what would be right."""

import functools
import types

import pytest
from marshmallow import Schema, validate
from webargs import fields

import deepaas
from deepaas.authoring import Batching
from deepaas.exceptions import InvalidModel
from deepaas.model.describe import ask_metadata, describe
from deepaas.model.flaat import refuse_decorated


def model_with(**offers):
    """Return a model that offers these functions and values."""
    return types.SimpleNamespace(**offers)


def declaring(declared, function="predict"):
    """Return a model whose function has these arguments."""
    return model_with(
        **{function: lambda **kwargs: kwargs, f"get_{function}_args": lambda: declared}
    )


def raising(error):
    def function(*args, **kwargs):
        raise error

    return function


def refusal(model):
    with pytest.raises(InvalidModel) as refused:
        describe("mine", model)
    return str(refused.value)


class Size(Schema):
    """Arguments as a schema."""

    width = fields.Int(required=True)
    height = fields.Int(load_default=2)


# What is offered


def test_a_function_that_flaat_would_refuse_is_refused_at_once(monkeypatch):
    from flaat.aio import Flaat

    def predict(**kwargs):
        return kwargs

    model = model_with(predict=functools.cache(Flaat().is_authenticated()(predict)))
    assert refusal(model) == (
        "model 'mine': predict needs a request, which no model is given; take flaat's decorators "
        "out of the module: deepaas asks who calls, by --auth flaat"
    )
    monkeypatch.setenv("DISABLE_AUTHENTICATION_AND_ASSUME_AUTHENTICATED_USER", "YES")
    describe("mine", model)


def test_whether_flaat_would_refuse_a_function_is_found_out_whatever_it_has():
    class Odd:
        def __getattr__(self, name):
            return Odd()

    def turns():
        return None

    turns.__wrapped__ = turns
    for function in (Odd(), turns):
        refuse_decorated("a model", function)


def test_functions_that_a_model_lacks_are_absent_from_its_description():
    described = describe("mine", model_with(predict=lambda: 1))
    assert described.name == "mine"
    assert list(described.predict) == []
    assert described.train is None
    assert described.response is None
    assert describe("mine", model_with(train=lambda: 1)).predict is None


@pytest.mark.parametrize("offered", ["get_metadata", "warm", "get_predict_args", "get_train_args"])
def test_one_function_alone_makes_a_model(offered):
    described = describe("mine", model_with(**{offered: dict}))
    assert (described.predict, described.train) == (None, None)


def test_what_offers_nothing_is_no_model():
    said = refusal(model_with(predikt=lambda: 1))
    assert said.startswith("model 'mine' offers none of get_metadata, warm,")
    assert "call a function predict, or mark it with @deepaas.predict" in said


def test_arguments_are_in_declared_order():
    declared = {name: fields.Str() for name in ("zeta", "alpha", "mid")}
    described = describe("mine", declaring(declared))
    assert [argument.name for argument in described.predict] == ["zeta", "alpha", "mid"]


@pytest.mark.parametrize("declared", [Size, Size(), Size().fields, Size._declared_fields])
def test_a_schema_or_its_fields_declare_arguments(declared):
    width, height = describe("mine", declaring(declared)).predict
    assert (width.name, width.required) == ("width", True)
    assert (height.name, height.default) == ("height", 2)


def test_train_is_described_like_predict():
    described = describe("mine", declaring({"rate": fields.Float(load_default=0.1)}, "train"))
    assert described.predict is None
    (rate,) = described.train
    assert (rate.key, rate.default, rate.places) == ("rate", 0.1, ("query", "form", "json"))


def test_declarations_that_are_not_implemented_yet_are_none_at_all():
    model = model_with(predict=lambda: 1, get_predict_args=raising(NotImplementedError()))
    assert list(describe("mine", model).predict) == []


def test_the_model_is_asked_once():
    asked = []

    def get_predict_args():
        asked.append(True)
        return {}

    describe("mine", model_with(predict=lambda: 1, get_predict_args=get_predict_args))
    assert asked == [True]


class Callable:
    """An object that can be called."""

    def __call__(self, size):
        return size


def logged(function):
    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapped


def hidden(function):
    return lambda *args, **kwargs: function(*args, **kwargs)


class Methods:
    """Functions of all kinds that a class can have."""

    @staticmethod
    def get_predict_args():
        return {"size": fields.Int()}

    @classmethod
    def predict(cls, size):
        return size


def takes_size(size):
    return size


@pytest.mark.parametrize(
    "predict",
    [
        takes_size,
        logged(takes_size),
        hidden(takes_size),
        functools.partial(takes_size),
        Callable(),
        Methods.predict,
    ],
)
def test_a_function_may_be_decorated_or_anything_that_can_be_called(predict, caplog):
    model = model_with(predict=predict, get_predict_args=logged(Methods.get_predict_args))
    assert [argument.name for argument in describe("mine", model).predict] == ["size"]
    assert caplog.records == []


def test_static_and_class_methods_are_functions(caplog):
    assert [argument.name for argument in describe("mine", Methods()).predict] == ["size"]
    assert caplog.records == []


def test_a_function_that_does_not_take_what_is_declared_is_reported(caplog):
    declared = {"size": fields.Int(), "colour": fields.Str()}
    describe("mine", model_with(predict=takes_size, get_predict_args=lambda: declared))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message == (
        "model 'mine': get_predict_args() declares 'colour', which predict() does not take; "
        "add it to predict's parameters, or **kwargs"
    )


# Refusals


@pytest.mark.parametrize("function", ["predict", "train"])
@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (
            None,
            "must return a dict of argument names and marshmallow or webargs fields, not None",
        ),
        (
            [fields.Str()],
            "must return a dict of argument names and marshmallow or webargs fields, not a list",
        ),
        (
            {"size": fields.Int},
            "argument 'size' is the class Integer; write fields.Integer(), with parentheses",
        ),
        ({"size": int}, "argument 'size' must be a field such as fields.Str(), not a type"),
        ({"size": "5"}, "argument 'size' must be a field such as fields.Str(), not a str"),
        ({"size": None}, "argument 'size' must be a field such as fields.Str(), not None"),
        ({5: fields.Str()}, "argument 5 must have a text for its name, such as 'size'"),
        ({"": fields.Str()}, "argument '' must have a text for its name, such as 'size'"),
        (
            {"size": fields.Int(metadata={"location": "body"})},
            "argument 'size' has location 'body'; it can be one of 'query', ",
        ),
        (
            {"size": fields.Int(metadata={"location": ["query", "form"]})},
            "argument 'size' has location ['query', 'form']; it can be one of 'query', ",
        ),
        ({"size": fields.Int(data_key=5)}, "argument 'size' has data_key 5; it must be a text"),
        (
            {"size": fields.List(fields.Nested("Absent"))},
            "argument 'size' nests a schema that cannot be made: Class with name 'Absent'",
        ),
        (
            {"size": fields.Nested({"inner": fields.Nested("Absent")})},
            "argument 'size' nests a schema that cannot be made: Class with name 'Absent'",
        ),
        (
            {"size": fields.Int(), "width": fields.Int(data_key="size")},
            "'size' and 'width' are both called 'size' by callers; give one another data_key",
        ),
        (
            {"size": fields.Int(load_default=lambda: 1 / 0)},
            "the default of argument 'size' cannot be made: ZeroDivisionError",
        ),
    ],
)
def test_a_wrong_declaration_is_refused_with_what_would_be_right(function, declared, said):
    refused = refusal(declaring(declared, function))
    assert refused.startswith(f"model 'mine', get_{function}_args()")
    assert said in refused


@pytest.mark.parametrize("function", ["predict", "train"])
def test_declarations_that_raise_are_refused_with_what_they_raised(function):
    model = model_with(
        **{function: lambda: 1, f"get_{function}_args": raising(KeyError("weights"))}
    )
    assert refusal(model) == f"model 'mine', get_{function}_args() raised KeyError: 'weights'"


def test_a_field_that_cannot_be_made_is_refused_with_the_words_of_marshmallow():
    model = model_with(predict=lambda: 1, get_predict_args=lambda: {"a": fields.Str(validate=5)})
    assert "model 'mine', get_predict_args() raised ValueError: " in refusal(model)
    assert "'validate'" in refusal(model)


@pytest.mark.parametrize("function", ["predict", "train"])
def test_a_function_must_be_one(function):
    assert refusal(model_with(**{function: "x"})) == (
        f"model 'mine': {function} must be a function, not str"
    )


class Tree(Schema):
    """A schema that holds itself."""

    leaves = fields.List(fields.Nested(lambda: Tree()))


def test_a_schema_may_hold_itself():
    described = describe("mine", declaring({"tree": fields.Nested(Tree)}))
    assert described.predict.load({"tree": {"leaves": [{"leaves": []}]}}) == {
        "tree": {"leaves": [{"leaves": []}]}
    }


# The schema of answers


class Answer(Schema):
    """What predict answers."""

    label = fields.Str(required=True, validate=validate.Length(1))


@pytest.mark.parametrize(
    "schema", [{"label": fields.Str(required=True)}, Answer, Answer(), Answer().fields]
)
def test_a_schema_may_be_a_dict_of_fields_or_a_class(schema):
    response = describe("mine", model_with(predict=lambda: 1, schema=schema)).response
    assert response.load({"label": "cat"}) == {"label": "cat"}
    assert response.validate({}) == {"label": ["Missing data for required field."]}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (
            "label",
            "model 'mine', schema must be a dict of marshmallow fields or a marshmallow.Schema "
            "class, not a str",
        ),
        ([fields.Str()], "not a list"),
        ({}, "an empty dict"),
        (dict, "not a type"),
        (
            {"label": fields.Str},
            "model 'mine', schema: 'label' is the class String; write fields.String(), with "
            "parentheses",
        ),
        (
            {"label": "text"},
            "model 'mine', schema: 'label' must be a field such as fields.Str(), not a str",
        ),
        (
            {"label": fields.Nested("Absent")},
            "model 'mine', schema: 'label' nests a schema that cannot be made: Class with name",
        ),
        (
            {5: fields.Str()},
            "model 'mine', schema: 5 must have a text for its name",
        ),
    ],
)
def test_a_wrong_schema_is_refused_with_what_would_be_right(schema, said):
    assert said in refusal(model_with(predict=lambda: 1, schema=schema))


def test_a_schema_that_cannot_be_made_is_refused_with_the_reason():
    class Demanding(Schema):
        def __init__(self, weights):
            super().__init__()

    said = refusal(model_with(predict=lambda: 1, schema=Demanding))
    assert said.startswith("model 'mine', schema: it makes no schema: ")
    assert "'weights'" in said


# Metadata


@pytest.mark.parametrize(
    "model",
    [model_with(predict=lambda: 1), model_with(get_metadata=raising(NotImplementedError()))],
)
def test_a_model_without_metadata_gets_a_stock_description(model):
    metadata = ask_metadata("mine", model)
    assert (metadata["id"], metadata["name"]) == ("mine", "mine")
    assert "no get_metadata" in metadata["description"]


def test_what_a_model_says_of_itself_comes_over_what_is_known():
    model = model_with(get_metadata=lambda: {"name": "Digits", "tags": ["a"]})
    assert ask_metadata("mine", model) == {"id": "mine", "name": "Digits", "tags": ["a"]}


@pytest.mark.parametrize("metadata", [None, "a text", ["a", "list"]])
def test_metadata_must_be_a_dict(metadata):
    with pytest.raises(InvalidModel) as refused:
        ask_metadata("mine", model_with(get_metadata=lambda: metadata))
    assert str(refused.value) == (
        f"model 'mine': get_metadata() must return a dict, not {type(metadata).__name__}"
    )


def test_metadata_that_fail_are_not_hidden():
    with pytest.raises(OSError, match="no package"):
        ask_metadata("mine", model_with(get_metadata=raising(OSError("no package"))))


def test_a_model_says_how_calls_are_put_together():
    @deepaas.predict(largest_batch=32, longest_wait=0.01)
    def predict(**lists):
        return []

    assert describe("mine", model_with(predict=predict)).batching == Batching(32, 0.01)
    assert describe("mine", model_with(predict=lambda: 1)).batching.largest == 0


def test_calls_of_generators_and_coroutines_cannot_be_put_together():
    @deepaas.predict(largest_batch=32)
    def generator():
        yield 1

    @deepaas.predict(largest_batch=32)
    async def coroutine():
        return 1

    for predict in (generator, coroutine):
        text = refusal(model_with(predict=predict))
        assert "'mine': predict with largest_batch must be a plain function" in text
        assert "a list with one result for each call" in text


def plain():
    return 1


def generator():
    yield 1


async def coroutine():
    return 1


async def items():
    yield 1


class Callable:
    """An object whose call is a coroutine function."""

    async def __call__(self):
        return 1


@pytest.mark.parametrize(
    ("predict", "streams", "concurrency"),
    [
        (plain, False, 0),
        (generator, True, 0),
        (coroutine, False, 16),
        (items, True, 16),
        (Callable(), False, 16),
        (functools.partial(coroutine), False, 16),
        (deepaas.predict(concurrency=3)(functools.wraps(items)(lambda: items())), False, 0),
    ],
)
def test_what_streams_and_what_runs_at_once_is_known(predict, streams, concurrency):
    described = describe("model", model_with(predict=predict))
    assert (described.streams, described.concurrency) == (streams, concurrency)


def test_how_many_run_at_once_is_for_the_author_to_say():
    class Model:
        @deepaas.predict(concurrency=3)
        async def predict(self):
            return 1

    assert describe("model", Model()).concurrency == 3


def test_metadata_of_a_coroutine_function_are_awaited():
    async def get_metadata():
        return {"author": "somebody"}

    assert ask_metadata("model", model_with(get_metadata=get_metadata))["author"] == "somebody"
