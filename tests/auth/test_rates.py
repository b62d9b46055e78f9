"""How much each caller may have in a time."""

import pytest

from deepaas.auth import rates
from deepaas.auth.rates import Metered
from deepaas.exceptions import LimitExceeded, PayloadTooLarge
from deepaas.options.kinds import Rate


@pytest.fixture
def clock():
    """A clock that is set by hand: the moment is its only item."""
    return [1000.0]


@pytest.fixture
def meter(clock):
    return Metered("rate-limit-requests", Rate(10, 60, "10/minute"), lambda: clock[0])


def had(meter, who, amount=1):
    """Return how often somebody has had so much."""
    times = 0
    while True:
        try:
            meter.take(who, amount)
        except LimitExceeded:
            return times
        times += 1


def test_all_may_be_had_at_once_and_comes_back_in_the_course_of_time(meter, clock):
    assert had(meter, "token:ci") == 10
    clock[0] += 6
    assert had(meter, "token:ci") == 1
    clock[0] += 30
    assert had(meter, "token:ci") == 5
    clock[0] += 1e6
    assert had(meter, "token:ci") == 10


def test_who_has_had_all_is_told_when_there_is_more(meter, clock):
    had(meter, "token:ci")
    with pytest.raises(LimitExceeded) as caught:
        meter.take("token:ci", 5)
    assert caught.value.retry_after == 30
    assert str(caught.value) == (
        "token:ci has used up --rate-limit-requests, 10/minute; ask again in 30 s"
    )
    clock[0] += caught.value.retry_after
    meter.take("token:ci", 5)


def test_each_has_as_much_and_addresses_of_one_network_have_it_together(meter):
    assert had(meter, "token:ci") == had(meter, "token:maria") == had(meter, "192.0.2.1") == 10
    assert (had(meter, "2001:db8::1"), had(meter, "2001:db8::2")) == (10, 0)


def test_what_would_always_be_too_much_is_said_to_be(meter):
    with pytest.raises(PayloadTooLarge, match="11 at once are more than --rate-limit-requests, 10"):
        meter.take("token:ci", 11)
    assert had(meter, "token:ci", 10) == 1


def test_what_is_known_of_callers_is_bounded(meter, monkeypatch):
    monkeypatch.setattr(rates, "MOST_CALLERS", 3)
    assert had(meter, "token:ci") == 10
    for number in range(1, 4):
        meter.take(f"192.0.2.{number}")
    assert len(meter._free) == 3
    assert had(meter, "192.0.2.3") == 9
