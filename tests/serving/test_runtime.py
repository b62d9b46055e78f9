"""What happens inside a worker."""

import types

import orjson
import pytest
from aiohttp import web
from webargs import fields, validate
from werkzeug import exceptions as werkzeug

from deepaas.model.refusals import LONGEST_LINE, Refusal
from deepaas.model.source import GivenModel
from deepaas.serving.outcomes import Failure, Invalid, NotOffered, Trained, Unreadable
from deepaas.serving.runtime import Prepare, predict, predict_document, predict_shown, train


def ready(**functions):
    """Return a model with these functions, as it is in its worker."""
    return Prepare(GivenModel("shout", types.SimpleNamespace(**functions)))()


def raising(make):
    """Return a function that raises what ``make`` returns."""

    def function(**_):
        raise make()

    return function


@pytest.fixture
def spool(tmp_path):
    return str(tmp_path / "spool")


def test_a_worker_warms_its_model_once_unless_it_is_told_not_to():
    calls = []
    model = types.SimpleNamespace(warm=lambda: calls.append("warm"), predict=print)
    Prepare(GivenModel("shout", model))()
    Prepare(GivenModel("shout", model), warm=False)()
    assert calls == ["warm"]


def test_a_warm_that_is_not_implemented_is_as_none():
    assert ready(warm=raising(NotImplementedError), predict=print).name == "shout"


def test_a_prediction_is_an_answer_in_parts(spool):
    model = ready(predict=lambda text: text.upper())
    answer = predict(model, {"text": "a"}, "", spool)
    assert answer == ("application/json", b'{"status":"OK","predictions":"A"}', "", "")


@pytest.mark.parametrize("job", [predict, predict_shown])
def test_what_a_model_does_not_offer_is_said(spool, job):
    assert job(ready(warm=print), {}, "", spool) == NotOffered("has no predict function")
    model = ready(predict=raising(lambda: NotImplementedError("ask later")))
    assert job(model, {}, "", spool) == NotOffered("does not implement predict: ask later")


@pytest.mark.parametrize("job", [predict, predict_shown])
def test_an_answer_that_does_not_follow_the_schema_is_a_failure(spool, job):
    model = ready(predict=lambda: {"a": "x"}, schema={"a": fields.Int(required=True)})
    failure = job(model, {}, "", spool)
    assert isinstance(failure, Failure)
    assert "'a': ['Not a valid integer.']" in failure.text


def test_an_answer_without_a_json_form_is_a_failure_but_can_be_shown(spool):
    model = ready(predict=lambda: 1j)
    assert "type complex" in predict(model, {}, "", spool).text
    assert predict_shown(model, {}, "", spool) == ("text/plain", b"1j", "", "", "1j")


def test_a_shown_answer_has_no_envelope_and_its_repr_beside_it(spool):
    answer = predict_shown(ready(predict=lambda: {"a": (1,)}), {}, "", spool)
    assert answer == ("application/json", b'{"a":[1]}', "", "", "{'a': (1,)}")


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda: web.HTTPNotFound(), Refusal(404, "Not Found", "Not Found", {})),
        (
            lambda: web.HTTPBadRequest(reason="too small"),
            Refusal(400, "too small", "too small", {}),
        ),
        (
            lambda: web.HTTPBadRequest(reason=ValueError("too small")),
            Refusal(400, "too small", "too small", {}),
        ),
        (
            lambda: web.HTTPBadRequest(reason="too\nsmall\r\nby far"),
            Refusal(400, "too small by far", "too\nsmall\r\nby far", {}),
        ),
        (lambda: web.HTTPBadRequest(text="why"), Refusal(400, "Bad Request", "why", {})),
        (
            lambda: web.HTTPServiceUnavailable(headers={"Retry-After": "3\r\nX: 1"}),
            Refusal(503, "Service Unavailable", "Service Unavailable", {"Retry-After": "3  X: 1"}),
        ),
        (lambda: werkzeug.BadRequest("too small"), Refusal(400, "too small", "too small", {})),
    ],
)
def test_http_errors_of_models_keep_status_reason_and_text(spool, make, wanted):
    model = ready(predict=raising(make), train=raising(make))
    assert predict(model, {}, "", spool) == wanted
    assert train(model, {}) == wanted


def test_the_reason_of_an_http_error_is_bounded(spool):
    long = "a" * 10_000
    model = ready(predict=raising(lambda: web.HTTPBadRequest(reason=long)))
    refusal = predict(model, {}, "", spool)
    assert len(refusal.reason) == LONGEST_LINE
    assert refusal.text == long


def test_other_exceptions_are_left_to_the_executor(spool):
    with pytest.raises(ValueError, match="seven"):
        predict(ready(predict=raising(lambda: ValueError("seven"))), {}, "", spool)


def test_an_http_error_with_an_exception_as_its_reason_can_still_be_caught_in_the_model(spool):
    def function():
        try:
            raise web.HTTPBadRequest(reason=KeyError("a"))
        except web.HTTPException as error:
            return error.status

    assert b":400" in predict(ready(predict=function), {}, "", spool)[1]


NOWHERE = {"query": [], "headers": [], "cookies": []}


def declared():
    return {
        "times": fields.Int(required=True),
        "loud": fields.Bool(missing=True, location="query"),
        "accept": fields.Str(
            location="headers",
            missing="application/json",
            validate=validate.OneOf(["application/json", "text/plain"]),
        ),
    }


def test_a_large_document_is_read_validated_and_answered_here(spool):
    model = ready(get_predict_args=declared, predict=lambda **kwargs: repr(kwargs))
    parts = {"query": [("loud", "no")], "headers": [("Accept", "text/*")], "cookies": []}
    answer = predict_document(model, b'{"times": 3, "unknown": 1}', parts, spool)
    wanted = b"{'times': 3, 'loud': False, 'accept': 'text/plain'}"
    assert answer == ("text/plain", wanted, "", "")


def test_a_large_document_that_does_not_fit_or_cannot_be_read_is_said(spool):
    model = ready(get_predict_args=declared, predict=print)
    invalid = predict_document(model, b'{"times": "x"}', NOWHERE, spool)
    assert invalid == Invalid({"times": ["Not a valid integer."]})
    assert isinstance(predict_document(model, b'{"times"', NOWHERE, spool), Unreadable)


@pytest.mark.parametrize(
    ("output", "kept"),
    [({"loss": 0.5}, {"loss": 0.5}), (None, None), ({1}, [1]), (1j, "1j")],
)
def test_what_a_training_returns_is_kept_as_json_or_as_its_repr(output, kept):
    trained = train(ready(train=lambda: output), {})
    assert isinstance(trained, Trained)
    assert orjson.loads(trained.output) == kept
