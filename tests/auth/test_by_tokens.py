"""Who asks, by the token that is shown."""

import asyncio

import pytest

from deepaas.auth.by_tokens import TokenAuthenticator
from deepaas.auth.file import TokensFile
from deepaas.auth.scopes import parse_scopes
from deepaas.auth.tokens import Token, hashed, new_token
from deepaas.exceptions import StorageUnavailable, Unauthenticated
from tests.auth.holders import write_file


class Kept:
    """Tokens in memory, which counts how often it is asked."""

    def __init__(self, **tokens):
        self.asked = 0
        self.failure = None
        self.tokens_by_hash = {}
        for name, token in tokens.items():
            self.add(name, token)

    def add(self, name, token):
        self.tokens_by_hash[hashed(token)] = Token(name, hashed(token), parse_scopes("predict"))

    async def tokens(self):
        self.asked += 1
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return dict(self.tokens_by_hash)


async def test_a_holder_is_known_and_the_source_is_not_asked_each_time():
    token = new_token()
    source = Kept(ci=token)
    authenticator = TokenAuthenticator([source])
    callers = [await authenticator.identify(token, "") for _ in range(100)]
    assert {(one.subject, str(one.scopes)) for one in callers} == {("token:ci", "predict")}
    assert source.asked < 10


@pytest.mark.parametrize(
    ("token", "words", "shown"),
    [
        (None, "Authorization: Bearer dp_", False),
        ("", "must be 'Bearer' and a token", True),
        ("dp_wrong", "not known here, or was revoked", True),
    ],
)
async def test_others_are_told_what_is_wrong(token, words, shown):
    with pytest.raises(Unauthenticated, match=words) as caught:
        await TokenAuthenticator([Kept(ci=new_token())]).identify(token, "")
    assert caught.value.shown is shown


async def test_an_expired_token_is_said_to_be(tmp_path):
    tokens = write_file(tmp_path / "tokens")
    authenticator = TokenAuthenticator([TokensFile(str(tmp_path / "tokens"))])
    assert (await authenticator.identify(tokens["admin"], "")).subject == "token:admin"
    with pytest.raises(Unauthenticated, match="the token 'late' has expired"):
        await authenticator.identify(tokens["late"], "")


async def test_a_token_that_has_just_been_made_counts_at_once():
    first, second = new_token(), new_token()
    source = Kept(first=first)
    authenticator = TokenAuthenticator([source])
    await authenticator.identify(first, "")
    source.add("second", second)
    assert (await authenticator.identify(second, "")).subject == "token:second"


async def test_a_revoked_token_counts_no_more_within_a_moment(eventually):
    token = new_token()
    source = Kept(ci=token)
    authenticator = TokenAuthenticator([source])
    await authenticator.identify(token, "")
    source.tokens_by_hash.clear()

    async def refused():
        try:
            await authenticator.identify(token, "")
        except Unauthenticated:
            return True
        return False

    assert await eventually(refused, bool, seconds=30)


async def test_thousands_of_wrong_tokens_at_once_ask_the_source_a_few_times():
    source = Kept(ci=new_token())
    authenticator = TokenAuthenticator([source])
    wrong = (authenticator.identify(new_token(), "") for _ in range(10_000))
    answers = await asyncio.gather(*wrong, return_exceptions=True)
    assert {type(one) for one in answers} == {Unauthenticated}
    assert source.asked < 1000


async def test_what_cannot_be_looked_up_is_refused_until_it_can(eventually):
    token = new_token()
    source = Kept(ci=token)
    source.failure = StorageUnavailable()
    authenticator = TokenAuthenticator([source])
    asking = (authenticator.identify(token, "") for _ in range(50))
    failures = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(one) for one in failures} == {StorageUnavailable}
    assert source.asked < 50
    source.failure = None

    async def subject():
        try:
            return (await authenticator.identify(token, "")).subject
        except StorageUnavailable:
            return None

    assert await eventually(subject, bool, seconds=30) == "token:ci"


async def test_of_two_sources_both_count():
    first, second = new_token(), new_token()
    authenticator = TokenAuthenticator([Kept(first=first), Kept(second=second)])
    assert (await authenticator.identify(first, "")).subject == "token:first"
    assert (await authenticator.identify(second, "")).subject == "token:second"


async def test_each_use_of_a_token_that_counts_is_told():
    token, used = new_token(), []
    authenticator = TokenAuthenticator([Kept(ci=token)], used.append)
    await authenticator.identify(token, "")
    with pytest.raises(Unauthenticated):
        await authenticator.identify("dp_wrong", "")
    assert used == [hashed(token)]


async def test_what_is_compared_is_no_token_but_its_hash():
    """So how long a comparison takes tells nothing of how much of a token is right."""
    token, compared = new_token(), []

    class Watched(str):
        __slots__ = ()

        def __eq__(self, other):
            compared.append(other)
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    source = Kept()
    known = Watched(hashed(token))
    source.tokens_by_hash[known] = Token("ci", known, parse_scopes("predict"))
    authenticator = TokenAuthenticator([source])
    await authenticator.identify(token, "")
    assert hashed(token) in compared
    assert token not in compared
    with pytest.raises(Unauthenticated):
        await authenticator.identify(token[:-1] + ("a" if token[-1] != "a" else "b"), "")
    assert set(compared) == {hashed(token)}
