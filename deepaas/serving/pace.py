"""How many calls share a batch, and how long these wait, learnt from what is measured."""

from __future__ import annotations

from deepaas.authoring import Batching

# The first batches hold so many calls at most; once such have been seen, twice as many, and so on.
FIRST_SIZE = 4
# A larger size has to save this part of the time of each call, since each then waits longer.
WORTH = 0.03
# One batch in so many has a size that does not look like the best one, to learn of changes.
TRIED = 32
# The weight of the last batch in what is known of its size.
LAST = 0.25
# The weight that each batch takes from those before it.
FADING = 0.95
# A timer of an event loop is no finer, in seconds.
FINEST = 0.001
# Batches that do not wait after waiting has not paid: from one on, twice as many each time.
LONGEST_SULK = 1024


class Sizes:
    """What batches of each size take, and so which sizes pay.

    Sizes count as one up to the next power of two.

    Args:
        largest: no batch holds more calls.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._reach = min(largest, FIRST_SIZE)
        # Seconds for each call.
        self._costs: dict[int, float] = {}
        self._chosen = 0

    def learn(self, size: int, seconds: float) -> None:
        """Take note of how long a batch took.

        Args:
            size: its calls.
            seconds: from when a worker was given it to its answer.
        """
        rung, cost = _rung(size), seconds / size
        known = self._costs.get(rung, cost)
        self._costs[rung] = known + LAST * (cost - known)
        if rung >= _rung(self._reach):
            self._reach = min(2 * self._reach, self._largest)

    def choose(self, waiting: int) -> int:
        """Return how many calls to put together.

        Args:
            waiting: calls that there are.
        """
        most = min(waiting, self._reach)
        sizes = [1 << power for power in range((most - 1).bit_length())] + [most]
        self._chosen += 1
        times, rest = divmod(self._chosen, TRIED)
        if rest == 0:
            return sizes[times % len(sizes)]
        if _rung(most) not in self._costs:
            return most
        return self._best(sizes)

    def enough(self, waiting: int) -> bool:
        """Tell whether a batch would gain nothing by more calls.

        Args:
            waiting: calls that there are.
        """
        if waiting >= self._largest:
            return True
        return bool(self._costs) and waiting >= self._best(sorted(self._costs))

    def _best(self, sizes: list[int]) -> int:
        costs = {size: self._costs[rung] for size in sizes if (rung := _rung(size)) in self._costs}
        bound = min(costs.values()) * (1 + WORTH)
        return next(size for size, cost in costs.items() if cost <= bound)


def _rung(size: int) -> int:
    return 1 << (size - 1).bit_length()


class Pace:
    """When a batch goes to an idle worker: at once, or when the calls have come that come soon.

    While all workers are busy, calls gather without any waiting of ours. Where one is idle,
    waiting delays those that are there, and spares those that come meanwhile the fixed part of a
    batch's time. With ``fixed + size * each`` as the time of a batch, letting ``k`` calls wait
    for ``s`` seconds until ``m`` more come saves ``m * (fixed - k * each) - (k + m) * s`` seconds
    in all. So the wait for one more is no longer than would pay, and there is none for a while
    after it has not paid.

    Args:
        batching: the bounds.

    Attributes:
        choose: see ``Sizes``.
        enough: see ``Sizes``.
    """

    def __init__(self, batching: Batching) -> None:
        self._largest = batching.largest
        self._sizes = Sizes(batching.largest)
        self.choose, self.enough = self._sizes.choose, self._sizes.enough
        self._wait = batching.wait
        # Weighted sums over batches: of ones, sizes, seconds, squared sizes, sizes times seconds.
        self._sums = (0.0, 0.0, 0.0, 0.0, 0.0)
        self._fixed = self._each = 0.0
        self._saved = 0.0
        self._sulk = self._sulking = 0

    def learn(self, size: int, seconds: float) -> None:
        """Take note of how long a batch took; see ``Sizes.learn``."""
        self._sizes.learn(size, seconds)
        new = (1.0, size, seconds, size * size, size * seconds)
        self._sums = ones, x, y, xx, xy = tuple(  # type: ignore[assignment]
            FADING * old + one for old, one in zip(self._sums, new, strict=True)
        )
        spread = ones * xx - x * x
        slope = (ones * xy - x * y) / spread if spread > 1e-6 * xx * ones else 0.0
        self._each = min(max(slope, 0.0), y / x)
        self._fixed = y / ones - self._each * x / ones

    def patience(self, waiting: int, age: float) -> float:
        """Return for how long to wait for one more call, in seconds; 0 if that is not to be.

        Args:
            waiting: calls that are there.
            age: for how long the first of them has waited, in seconds.
        """
        if waiting >= self._largest or self._sulking:
            return 0.0
        patience = (self._fixed - waiting * self._each) / (waiting + 1)
        patience = min(patience, self._wait - age)
        return patience if patience >= FINEST else 0.0

    def gave(self) -> None:
        """Take note of a batch that has not waited."""
        if self._sulking:
            self._sulking -= 1

    def waited(self, before: int, after: int, seconds: float) -> None:
        """Take note of what a wait has brought.

        Args:
            before: calls that were there when it began.
            after: calls that are there now.
            seconds: how long it was.
        """
        more = after - before
        saved = more * (self._fixed - before * self._each) - after * seconds
        self._saved = self._saved / 2 + saved
        if self._saved >= 0:
            self._sulk = 0
        else:
            self._saved = 0.0
            self._sulk = min(2 * self._sulk or 1, LONGEST_SULK)
            self._sulking = self._sulk
