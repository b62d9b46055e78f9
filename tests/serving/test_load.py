"""How many predictions are under way, and when those that are refused may come again."""

import pytest

from deepaas.exceptions import Overloaded
from deepaas.serving.load import Load


class Clock:
    """A time that passes when it is told to."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def refused(load):
    """Return after how many seconds one more may come."""
    with pytest.raises(Overloaded, match="predictions of model 'some' run or wait") as error:
        load.begin()
    return error.value.retry_after


def test_more_than_run_and_may_wait_are_refused_until_one_ends(clock):
    load = Load("some", at_once=2, queued=1, now=clock)
    for _ in range(3):
        load.begin()
    refused(load)
    load.end()
    load.begin()
    refused(load)
    load.leave()
    load.begin()
    assert load.under_way == 3


def test_without_a_bound_none_is_refused(clock):
    load = Load("some", at_once=1, now=clock)
    for _ in range(10_000):
        load.begin()
    assert load.under_way == 10_000


@pytest.mark.parametrize(("workers", "seconds"), [(1, 2.0), (4, 0.5)])
def test_who_is_refused_may_come_when_what_waits_has_been_done(clock, workers, seconds):
    # Each takes 2 s, so that one of all workers is done every so many seconds.
    load = Load("some", at_once=workers, queued=9, now=clock)
    for _ in range(workers + 9):
        load.begin()
    for _ in range(50):
        clock.time += seconds
        load.end()
        load.begin()
    assert refused(load) == 10 * seconds


def test_what_was_idle_before_does_not_count(clock):
    load = Load("some", at_once=1, queued=0, now=clock)
    for _ in range(10):
        clock.time += 1000
        load.begin()
        clock.time += 3
        load.end()
    load.begin()
    assert refused(load) == 3


def test_the_pace_follows_what_predictions_take_now(clock):
    load = Load("some", at_once=1, queued=0, now=clock)
    for seconds in [1] * 1000 + [9] * 1000:
        load.begin()
        clock.time += seconds
        load.end()
    load.begin()
    assert refused(load) == 9


def test_one_that_takes_longer_than_all_before_makes_those_that_wait_wait_longer(clock):
    load = Load("some", at_once=1, queued=1, now=clock)
    load.begin()
    load.begin()
    assert refused(load) == 1
    clock.time += 7
    assert refused(load) == 14


def test_it_is_never_less_than_a_second_nor_more_than_a_minute(clock):
    load = Load("some", at_once=1, queued=500, now=clock)
    for _ in range(501):
        load.begin()
    assert refused(load) == 1
    clock.time += 600
    assert refused(load) == 60


def test_those_that_nobody_waits_for_any_more_say_nothing_of_the_pace(clock):
    load = Load("some", at_once=1, queued=9, now=clock)
    for _ in range(10):
        load.begin()
    clock.time += 4
    load.end()
    for _ in range(5):
        load.leave()
    clock.time += 4
    load.end()
    for _ in range(7):
        load.begin()
    assert refused(load) == 40
