"""Who shows wrong tokens waits, and nobody else does."""

import asyncio

import pytest

from deepaas.auth import wrong_tokens
from deepaas.auth.addresses import network_of
from deepaas.auth.by_tokens import TokenAuthenticator
from deepaas.auth.file import TokensFile
from deepaas.auth.tokens import new_token
from deepaas.auth.wrong_tokens import FREE, Slowing, WrongTokens
from deepaas.exceptions import LimitExceeded, Unauthenticated
from tests.auth.holders import write_file


@pytest.fixture
def tokens(tmp_path):
    return write_file(tmp_path / "tokens")


@pytest.fixture
def told():
    return []


@pytest.fixture
def wrong(told):
    return WrongTokens(lambda *said: told.append(said))


@pytest.fixture
def slowing(tmp_path, tokens, wrong):
    return Slowing(TokenAuthenticator([TokensFile(str(tmp_path / "tokens"))]), wrong)


async def failure(slowing, token, address):
    with pytest.raises((Unauthenticated, LimitExceeded)) as caught:
        await slowing.identify(token, address)
    return caught.value


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_client_is_an_address_or_a_network_of_ipv6(address, network):
    assert network_of(address) == network


async def test_slips_are_free_and_more_have_to_wait(slowing):
    first = [await failure(slowing, "", "192.0.2.1") for _ in range(FREE)]
    assert {type(one) for one in first} == {Unauthenticated}
    late = await failure(slowing, "", "192.0.2.1")
    assert isinstance(late, LimitExceeded)
    assert 0 < late.retry_after <= wrong_tokens.PERIOD
    assert f"show another one in {late.retry_after} s" in str(late)
    assert "must be 'Bearer' and a token" in str(late)
    assert isinstance(await failure(slowing, "", "192.0.2.2"), Unauthenticated)


async def test_a_right_token_counts_at_once_wherever_it_comes_from(slowing, tokens):
    for _ in range(FREE + 1):
        await failure(slowing, "dp_wrong", "192.0.2.1")
    caller = await slowing.identify(tokens["admin"], "192.0.2.1")
    assert caller.subject == "token:admin"
    # Neither does the right one take back what the wrong ones have come to.
    assert isinstance(await failure(slowing, "dp_wrong", "192.0.2.1"), LimitExceeded)


async def test_who_shows_no_token_shows_no_wrong_one(slowing, wrong, told):
    for _ in range(FREE + 1):
        assert isinstance(await failure(slowing, None, "192.0.2.1"), Unauthenticated)
    wrong.tell()
    assert told == []


async def test_after_a_minute_wrong_tokens_are_told_of_and_forgotten(
    slowing, told, monkeypatch, eventually
):
    monkeypatch.setattr(wrong_tokens, "PERIOD", 0.2)
    for _ in range(FREE + 1):
        await failure(slowing, "", "192.0.2.1")

    async def heard():
        return told

    await eventually(heard, bool)
    assert told == [("192.0.2.1", FREE + 1)]
    assert isinstance(await failure(slowing, "", "192.0.2.1"), Unauthenticated)


async def test_ten_thousand_wrong_tokens_make_a_few_lines_that_do_not_hold_them(
    slowing, wrong, told, caplog
):
    shown = [new_token() for _ in range(10_000)]
    failures = await asyncio.gather(
        *(slowing.identify(one, f"192.0.2.{number % 250}") for number, one in enumerate(shown)),
        return_exceptions=True,
    )
    assert {type(one) for one in failures} == {Unauthenticated, LimitExceeded}
    wrong.tell()
    assert sum(count for _, count in told) == 10_000
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) <= 2 * wrong_tokens.MOST_LINES + 1
    assert "9600 wrong tokens within a minute from 240 other addresses" in lines
    assert "dp_" not in "".join(lines)


async def test_addresses_without_number_take_no_memory_without_bounds(wrong, monkeypatch, told):
    monkeypatch.setattr(wrong_tokens, "MOST_ADDRESSES", 100)
    for number in range(1000):
        wrong.note(f"2001:db8:{number:x}::1", "wrong")
    # Those that are not told apart share what is free.
    assert wrong.note("2001:db8:ffff::1", "wrong") > 0
    assert wrong.note("2001:db8:1::1", "wrong") == 0
    wrong.tell()
    assert ("other addresses", 901) in told
