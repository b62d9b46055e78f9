"""Tokens in the database."""

import dataclasses

import pytest

from deepaas.auth.scopes import parse_scopes
from deepaas.auth.store import TokenStore
from deepaas.auth.tokens import Token, hashed, new_token
from deepaas.exceptions import Conflict, UnknownToken
from tests.auth.holders import in_an_hour


def made(name="ci", **more):
    """Return what is known of a new token."""
    return Token(name, hashed(new_token()), parse_scopes("predict,train:digits"), **more)


def test_a_token_is_256_random_bits_in_letters_that_need_no_quoting():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(one.startswith("dp_") and len(one) == 46 for one in tokens)
    assert all(one.replace("_", "").replace("-", "").isalnum() for one in tokens)


async def test_a_token_is_kept_with_all_that_is_known_of_it(store, database):
    token = made(expires=in_an_hour())
    await store.add(token)
    assert await store.all() == [token]
    assert await TokenStore(database).tokens() == {token.hash: token}


async def test_what_another_process_adds_and_revokes_is_seen(store, database):
    other, token = TokenStore(database), made()
    assert await other.tokens() == {}
    await store.add(token)
    assert set(await other.tokens()) == {token.hash}
    await store.revoke("ci")
    assert await other.tokens() == {}
    (revoked,) = await store.all()
    assert revoked.state == "revoked"


async def test_a_name_is_free_again_once_its_token_counts_no_more(store):
    await store.add(made(expires=1.0))
    await store.add(made())
    with pytest.raises(Conflict, match="there is a token 'ci' already; revoke it first"):
        await store.add(made())
    await store.revoke("ci")
    await store.add(made())
    assert [one.state for one in await store.all()] == ["revoked", "revoked", "valid"]


async def test_only_what_is_there_can_be_revoked(store):
    await store.add(made("a"))
    await store.add(made("b"))
    with pytest.raises(UnknownToken, match="no token 'c' to revoke; there is: a, b"):
        await store.revoke("c")
    await store.revoke("a")
    with pytest.raises(UnknownToken, match="there is: b"):
        await store.revoke("a")


async def test_the_latest_use_is_kept(store):
    token = made()
    await store.add(token)
    for moment in (5.0, 9.0, 7.0):
        await store.note_use({token.hash: moment, "unknown": 1.0})
    assert await store.all() == [dataclasses.replace(token, used=9.0)]
