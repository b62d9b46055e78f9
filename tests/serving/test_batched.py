"""What happens inside a worker for several calls at once."""

import json
import pickle
import threading
import types

import numpy as np
import orjson
import pytest
from aiohttp import web
from webargs import fields

import deepaas
from deepaas.executors.worker import Interrupted
from deepaas.model.refusals import Refusal
from deepaas.model.source import GivenModel
from deepaas.serving.batched import predict_batch
from deepaas.serving.outcomes import Failure, Invalid, NotOffered, Raised, Unreadable
from deepaas.serving.runtime import Prepare

NOWHERE = {"query": [], "headers": [], "cookies": []}


def ready(predict, declared=None):
    """Return a model whose predict takes lists, as it is in its worker."""
    model = types.SimpleNamespace(
        predict=deepaas.predict(largest_batch=8)(predict), get_predict_args=lambda: declared or {}
    )
    return Prepare(GivenModel("shout", model))()


def call(accept="", /, **arguments):
    return pickle.dumps(("predict", (arguments, accept, "/nowhere")))


def document(body):
    return pickle.dumps(("predict_document", (body, NOWHERE, "/nowhere")))


def predictions(outcomes):
    """Return what the model answered to each call."""
    return [orjson.loads(outcome[1])["predictions"] for outcome in outcomes]


def sizes(values):
    """Predicts how many calls there are."""
    return [len(values)] * len(values)


def test_calls_share_one_call_of_the_function_and_get_their_own_results():
    seen = []

    def predict(text, times):
        seen.append((text, times))
        return [one * count for one, count in zip(text, times, strict=True)]

    outcomes = predict_batch(ready(predict), [call(text="a", times=2), call(text="b", times=3)])
    assert predictions(outcomes) == ["aa", "bbb"]
    assert seen == [(["a", "b"], [2, 3])]


def test_what_callers_accept_and_leave_out_decides_who_shares_a_call():
    seen = []

    def predict(accept, text=None, number=None):
        seen.append((accept, text, number))
        return accept

    calls = [
        call("text/plain", accept="text/plain", text="a"),
        call("application/json", accept="application/json", text="b"),
        call("text/plain", accept="text/plain", number=1),
        call("text/plain", accept="text/plain", text="c"),
    ]
    types = [outcome[0] for outcome in predict_batch(ready(predict), calls)]
    assert types == ["text/plain", "application/json", "text/plain", "text/plain"]
    assert seen == [
        (["text/plain"] * 2, ["a", "c"], None),
        (["application/json"], ["b"], None),
        (["text/plain"], None, [1]),
    ]


def test_arrays_of_other_shapes_or_kinds_do_not_share_a_call():
    calls = [
        call(values=np.zeros(3)),
        call(values=np.zeros(4)),
        call(values=np.zeros(3, np.float32)),
        call(values=np.ones(3)),
    ]
    assert predictions(predict_batch(ready(sizes), calls)) == [2, 1, 1, 2]


def test_lists_and_texts_of_other_lengths_share_a_call():
    calls = [call(values=[1.0]), call(values=[1.0, 2.0]), call(values="abc")]
    assert predictions(predict_batch(ready(sizes), calls)) == [3, 3, 3]


def test_calls_without_any_argument_are_made_one_by_one():
    calls = []

    def predict():
        calls.append(1)
        return [len(calls)]

    assert predictions(predict_batch(ready(predict), [call()] * 3)) == [1, 2, 3]


def test_a_result_that_is_an_exception_fails_its_call_alone():
    def predict(how):
        return [
            ValueError("no such thing"),
            web.HTTPConflict(reason="not this one"),
            NotImplementedError("not yet"),
            how[3],
        ]

    failed, refused, missing, fine = predict_batch(ready(predict), [call(how="")] * 4)
    assert isinstance(failed, Raised)
    assert (failed.kind, failed.text) == ("ValueError", "no such thing")
    assert refused == Refusal(409, "not this one", "not this one", {})
    assert missing == NotOffered("does not implement predict: not yet")
    assert predictions([fine]) == [""]


def test_when_the_whole_call_raises_each_call_is_tried_by_itself_once():
    seen = []

    def predict(number):
        seen.append(number)
        return [6 // one for one in number]

    calls = [call(number=number) for number in (1, 0, 3)]
    first, second, third = predict_batch(ready(predict), calls)
    assert predictions([first, third]) == [6, 2]
    assert isinstance(second, Raised)
    assert second.kind == "ZeroDivisionError"
    assert "6 // one" in second.trace
    assert seen == [[1, 0, 3], [1], [0], [3]]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), web.HTTPGone()])
def test_whatever_is_raised_fails_only_the_call_to_blame(error):
    def predict(number):
        if 0 in number:
            raise error
        return number

    bad, good = predict_batch(ready(predict), [call(number=0), call(number=1)])
    assert isinstance(bad, Raised | Refusal)
    assert predictions([good]) == [1]


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ([1], "list of 1"),
        ((1, 2, 3), "tuple of 3"),
        ("ab", "str"),
        (None, "NoneType"),
        (np.zeros(2), "ndarray"),
    ],
)
def test_what_is_no_list_of_results_is_a_failure_that_says_what_to_return(returned, words):
    calls = []

    def predict(number):
        calls.append(number)
        return returned

    outcomes = predict_batch(ready(predict), [call(number=1), call(number=2)])
    text = f"it is to return a list with one result for each of its 2 calls, not {words}"
    assert outcomes == [Failure(text)] * 2
    assert len(calls) == 1


def test_a_result_that_cannot_be_sent_fails_its_call_alone():
    def predict(text):
        return [threading.Lock(), "fine"]

    bad, good = predict_batch(ready(predict), [call(text="a"), call(text="b")])
    assert isinstance(bad, Failure)
    assert predictions([good]) == ["fine"]


def test_large_documents_are_read_here_and_share_calls_with_others():
    declared = {"values": fields.List(fields.Float(), required=True)}
    calls = [
        document(json.dumps({"values": [1.5] * 3}).encode()),
        call(values=[2.0]),
        document(b'{"values": ["x"]}'),
        document(b'{"values"'),
    ]
    first, second, invalid, unreadable = predict_batch(ready(sizes, declared), calls)
    assert predictions([first, second]) == [2, 2]
    assert invalid == Invalid({"values": {0: ["Not a valid number."]}})
    assert isinstance(unreadable, Unreadable)


def test_a_call_whose_result_is_to_be_shown_is_in_a_batch_as_well():
    shown = pickle.dumps(("predict_shown", ({"values": [1]}, "", "/nowhere")))
    first, second = predict_batch(ready(sizes), [call(values=[2]), shown])
    assert predictions([first]) == [2]
    assert second == ("application/json", b"2", "", "", "2")


def test_a_call_that_cannot_be_unpickled_fails_alone():
    bad, good = predict_batch(ready(sizes), [b"", call(values=1)])
    assert isinstance(bad, Raised)
    assert predictions([good]) == [1]


def test_an_interruption_ends_the_whole_batch():
    def predict(values):
        raise Interrupted

    with pytest.raises(Interrupted):
        predict_batch(ready(predict), [call(values=1), call(values=2)])
