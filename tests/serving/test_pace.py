"""How large batches become, and whether calls wait, by what batches cost."""

import random

import pytest

from deepaas.authoring import Batching
from deepaas.serving.pace import LONGEST_SULK, Pace, Sizes


def settled(largest, cost, batches=2000, noise=0.0):
    """Return how often each size was in use while full batches took what they cost."""
    sizes, used = Sizes(largest), []
    randoms = random.Random(1)
    for _ in range(batches):
        used.append(sizes.limit)
        sizes.learn(sizes.limit, cost(sizes.limit) * (1 + noise * randoms.random()))
    return used[batches // 2 :]


def share(used, wanted):
    return sum(wanted(size) for size in used) / len(used)


@pytest.mark.parametrize("largest", [1, 3, 8, 32, 100])
def test_batches_grow_to_the_largest_while_that_makes_calls_quicker(largest):
    used = settled(largest, lambda size: 1.0 + 0.1 * size)
    assert max(used) == largest
    assert share(used, lambda size: size == largest) > 0.9


def test_batches_stay_small_where_larger_ones_save_nothing():
    used = settled(64, lambda size: 0.1 * size)
    assert share(used, lambda size: size <= 2) > 0.9


def test_batches_stay_below_the_size_from_which_calls_get_slower():
    used = settled(64, lambda size: 1.0 + 0.1 * size + (size if size > 16 else 0))
    assert share(used, lambda size: size == 16) > 0.9


def test_batches_shrink_when_the_model_has_changed():
    sizes = Sizes(32)
    for _ in range(500):
        sizes.learn(sizes.limit, 1.0 + 0.1 * sizes.limit)
    assert sizes.limit == 32
    used = []
    for _ in range(20_000):
        used.append(sizes.limit)
        sizes.learn(sizes.limit, 0.1 * sizes.limit**2)
    assert used[-1] <= 2


def test_noise_does_not_hide_what_pays():
    used = settled(32, lambda size: 1.0 + 0.1 * size, noise=0.3)
    assert share(used, lambda size: size >= 16) > 0.9


def test_batches_that_are_not_full_say_nothing_of_the_size():
    sizes = Sizes(32)
    for _ in range(100):
        sizes.learn(sizes.limit - 1, 1.0)
        # Given away when the limit was another one.
        sizes.learn(sizes.limit + 1, 1.0)
    assert sizes.limit == 4


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
    assert learnt(0.020, 0.001).patience(4, 0.0) == 0


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
