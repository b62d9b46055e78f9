"""What is granted, and what that allows."""

import pytest

from deepaas.auth.authenticator import Caller, NoAuth
from deepaas.auth.scopes import Scope, parse_scopes
from deepaas.exceptions import Forbidden


@pytest.mark.parametrize(
    ("granted", "allowed", "refused"),
    [
        ("predict", ["predict", "predict:digits"], ["train", "metrics", "admin", "train:digits"]),
        ("predict:digits", ["predict:digits"], ["predict", "predict:other", "train:digits"]),
        ("predict,train:digits", ["predict:other", "train:digits"], ["train", "train:other"]),
        ("metrics", ["metrics"], ["predict", "admin"]),
        ("admin", ["predict", "train:digits", "metrics", "admin", "admin:digits"], []),
        ("admin:digits", ["predict:digits", "train:digits"], ["admin", "metrics", "predict:other"]),
        (" predict , train ", ["predict", "train"], ["admin"]),
    ],
)
def test_a_scope_allows_what_it_says_and_nothing_else(granted, allowed, refused):
    scopes = parse_scopes(granted)
    for wanted, allows in [*((one, True) for one in allowed), *((one, False) for one in refused)]:
        name, _, model = wanted.partition(":")
        assert scopes.allow(Scope(name), model) is allows, wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no scope; there are predict, train, metrics, admin"),
        ("predict,everything", "'everything' is no scope"),
        ("predict:", "'predict:' is no scope"),
        ("metrics:digits", "metrics are of all models"),
    ],
)
def test_what_is_no_scope_is_refused_with_those_that_there_are(text, words):
    with pytest.raises(ValueError, match=words):
        parse_scopes(text)


def test_scopes_are_written_as_they_are_read():
    assert str(parse_scopes("train:b,predict,train:a,predict")) == "predict,train:a,train:b"


def test_a_refusal_names_the_scope_that_is_missing():
    with pytest.raises(Forbidden, match="scope 'train:digits', which token:ci has not"):
        Caller("token:ci", parse_scopes("predict")).require(Scope.TRAIN, "digits")


def test_trainings_of_others_are_for_administrators_of_the_model():
    assert Caller("token:ci", parse_scopes("train")).owner("digits") == "token:ci"
    assert Caller("token:ci", parse_scopes("admin:digits")).owner("digits") is None
    assert Caller("token:ci", parse_scopes("admin:digits")).owner("other") == "token:ci"


async def test_without_authentication_everybody_may_do_everything():
    for shown in (None, "", "anything"):
        caller = await NoAuth().identify(shown, "192.0.2.1")
        caller.require(Scope.ADMIN)
        assert caller.subject == "192.0.2.1"
        assert caller.owner("digits") is None
