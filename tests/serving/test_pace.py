"""How large batches become, and whether calls wait, by what batches cost."""

import random

import pytest

from deepaas.authoring import Batching
from deepaas.serving.pace import LONGEST_SULK, Pace, Sizes


def used(sizes, cost, batches=2000, waiting=1000, noise=0.0):
    """Return the sizes of batches, where each took what its size costs."""
    randoms, seen = random.Random(1), []
    for _ in range(batches):
        seen.append(sizes.choose(waiting))
        sizes.learn(seen[-1], cost(seen[-1]) * (1 + noise * randoms.random()))
    return seen


def share(seen, wanted):
    """Return the part of the last thousand batches whose size is as wanted."""
    return sum(map(wanted, seen[-1000:])) / 1000


def saving(size):
    return 1.0 + 0.1 * size


def linear(size):
    return 0.1 * size


@pytest.mark.parametrize("largest", [1, 3, 8, 32, 100])
def test_batches_grow_to_the_largest_where_that_makes_calls_quicker(largest):
    seen = used(Sizes(largest), saving)
    assert max(seen) == largest
    assert share(seen, lambda size: size == largest) > 0.95


def test_batches_grow_by_doubling():
    seen = used(Sizes(100), saving, batches=7)
    assert seen == [4, 8, 16, 32, 64, 100, 100]


def test_there_are_never_more_calls_in_a_batch_than_wait():
    assert max(used(Sizes(100), saving, waiting=11)) == 11


def test_batches_stay_small_where_larger_ones_save_nothing():
    assert share(used(Sizes(64), linear), lambda size: size == 1) > 0.9


def test_batches_stay_below_the_size_from_which_calls_get_slower():
    seen = used(Sizes(64), lambda size: saving(size) + (size if size > 16 else 0))
    assert share(seen, lambda size: size == 16) > 0.9


def test_where_small_batches_are_worse_than_single_calls_only_large_ones_are_made():
    def cost(size):
        return 0.8 * size if size < 8 else 2.0 + 0.2 * size

    sizes = Sizes(32)
    assert share(used(sizes, cost), lambda size: size == 32) > 0.9
    assert share(used(sizes, cost, waiting=4), lambda size: size == 1) > 0.9


def test_sizes_follow_when_the_model_changes():
    sizes = Sizes(32)
    assert share(used(sizes, saving), lambda size: size == 32) > 0.9
    assert (
        share(used(sizes, lambda size: 0.1 * size**2, batches=5000), lambda size: size == 1) > 0.9
    )
    assert share(used(sizes, saving, batches=20_000), lambda size: size == 32) > 0.9


def test_noise_does_not_hide_what_pays():
    assert share(used(Sizes(32), saving, noise=0.3), lambda size: size >= 16) > 0.9


def test_a_batch_is_large_enough_when_more_calls_would_save_nothing():
    sizes = Sizes(32)
    assert not sizes.enough(31)
    assert sizes.enough(32)
    used(sizes, linear)
    assert sizes.enough(1)
    used(sizes, saving, batches=20_000)
    assert not sizes.enough(16)
    assert sizes.enough(32)


def learnt(fixed, each, wait=0.1):
    """Return a pace that has seen batches of a model with such costs."""
    pace = Pace(Batching(8, wait))
    for size in (1, 2, 3, 1, 2, 3):
        pace.learn(size, fixed + size * each)
    return pace


def test_nothing_waits_before_anything_is_known():
    assert Pace(Batching(8, 0.1)).patience(1, 0.0) == 0


def test_a_call_waits_for_no_longer_than_would_pay():
    pace = learnt(0.020, 0.002)
    assert pace.patience(1, 0.0) == pytest.approx((0.020 - 0.002) / 2)
    assert pace.patience(3, 0.0) == pytest.approx((0.020 - 0.006) / 4)


def test_a_call_waits_for_no_longer_than_declared():
    pace = learnt(0.020, 0.002, wait=0.005)
    assert pace.patience(1, 0.0) == pytest.approx(0.005)
    assert pace.patience(1, 0.003) == pytest.approx(0.002)
    assert pace.patience(1, 0.006) == 0


def test_nothing_waits_where_batches_save_nothing_or_are_full():
    assert learnt(0.0, 0.020).patience(1, 0.0) == 0
    assert learnt(0.020, 0.001).patience(8, 0.0) == 0


def test_waiting_that_does_not_pay_is_given_up_for_ever_longer():
    pace = learnt(0.020, 0.002)
    waits = 0
    for _ in range(10_000):
        if patience := pace.patience(1, 0.0):
            waits += 1
            pace.waited(1, 1, patience)
        else:
            pace.gave()
    assert 10 < waits < 10 + 10_000 / LONGEST_SULK


def test_waiting_that_pays_goes_on():
    pace = learnt(0.020, 0.002)
    for _ in range(100):
        assert pace.patience(1, 0.0) > 0
        pace.waited(1, 2, 0.001)
