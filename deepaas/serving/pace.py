"""How many calls share a batch, and how long these wait, learnt from what is measured."""

from __future__ import annotations

from statistics import median

from deepaas.authoring import Batching

# Sizes are tried from here on, in calls.
FIRST_SIZE = 4
# Full batches by which a size is judged.
TRIALS = 5
# A larger size has to save this part of the time of each call, since each then waits longer.
WORTH = 0.03
# Judgements of a size until another one is tried again; the pause doubles with each failure.
FIRST_PAUSE, LONGEST_PAUSE = 4, 64
# The weight that each batch takes from those before it.
FADING = 0.95
# A timer of an event loop is no finer, in seconds.
FINEST = 0.001
# Batches that do not wait after waiting has not paid: from one on, twice as many each time.
LONGEST_SULK = 1024


class Sizes:
    """The largest batch that pays: it grows while calls get quicker that way, and shrinks again.

    Only full batches tell, since only then there were calls enough for a larger one.

    Args:
        largest: never more than this.

    Attributes:
        limit: calls that may share a batch now.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self.limit = self._settled = min(largest, FIRST_SIZE)
        self._settled_cost = 0.0
        self._costs: list[float] = []
        self._growing = True
        self._pause = self._left = 0

    def learn(self, size: int, seconds: float) -> None:
        """Take note of how long a batch took.

        Args:
            size: its calls.
            seconds: from when it was given away to its answer.
        """
        if size != self.limit:
            return
        self._costs.append(seconds / size)
        if len(self._costs) < TRIALS:
            return
        cost = median(self._costs)
        self._costs.clear()
        if self.limit != self._settled:
            self._judge(cost)
            return
        self._settled_cost = cost
        self._left -= 1
        if self._left <= 0:
            if self._other() == self._settled:
                self._growing = not self._growing
            self.limit = self._other()

    def _judge(self, cost: float) -> None:
        enough = 1 - WORTH if self.limit > self._settled else 1.0
        if cost <= self._settled_cost * enough:
            self._settled, self._settled_cost = self.limit, cost
            # Further in this direction at once, if there is anything further.
            self._pause = self._left = 0
            if self._other() == self._settled:
                self._turn()
        else:
            self.limit = self._settled
            self._turn()

    def _turn(self) -> None:
        self._growing = not self._growing
        self._pause = min(max(2 * self._pause, FIRST_PAUSE), LONGEST_PAUSE)
        self._left = self._pause

    def _other(self) -> int:
        if self._growing:
            return min(2 * self._settled, self._largest)
        return max(self._settled // 2, 1)


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
    """

    def __init__(self, batching: Batching) -> None:
        self._sizes = Sizes(batching.largest)
        self._wait = batching.wait
        # Weighted sums over batches: of ones, sizes, seconds, squared sizes, sizes times seconds.
        self._sums = (0.0, 0.0, 0.0, 0.0, 0.0)
        self._fixed = self._each = 0.0
        self._saved = 0.0
        self._sulk = self._sulking = 0

    @property
    def limit(self) -> int:
        """Calls that may share a batch now."""
        return self._sizes.limit

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
        if waiting >= self.limit or self._sulking:
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
