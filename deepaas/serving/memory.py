"""A limit to the memory that the workers of all models take together."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

import psutil

from deepaas.executors.base import Executor
from deepaas.log import getLogger
from deepaas.serving.on_demand import OnDemand
from deepaas.serving.served import ServedModel

LOG = getLogger(__name__)

# Seconds between two looks.
INTERVAL = 1.0


class MemoryLimit:
    """Unloads models without a job, those that were not used for longest first.

    Args:
        limit: bytes that all may take.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit

    async def keep(self, models: Iterable[ServedModel]) -> None:
        """Look again and again, until this is cancelled.

        Args:
            models: all that are in service.
        """
        while True:
            try:
                await self.check([one for model in models for one in model.executors])
            except Exception:
                # For want of files to open, for example.
                LOG.exception("It cannot be seen how much memory workers take")
            await asyncio.sleep(INTERVAL)

    async def check(self, executors: Sequence[Executor]) -> None:
        """Unload what has to be.

        Args:
            executors: all that there are; those that can be are unloaded.
        """
        processes = [pid for one in executors for pid in one.processes]
        if not processes:
            return
        # Reading the memory of large processes takes a while.
        taken = await asyncio.to_thread(memory_of, processes)
        total = sum(taken.values())
        candidates = [one for one in executors if isinstance(one, OnDemand)]
        for candidate in sorted(candidates, key=lambda one: one.last_used):
            if total <= self._limit:
                return
            freed = sum(taken.get(pid, 0) for pid in candidate.processes)
            used, limit = total / 2**20, self._limit / 2**20
            if candidate.unload(f"all workers take {used:.0f} MiB, over {limit:.0f} MiB"):
                total -= freed


def memory_of(processes: Sequence[int]) -> dict[int, int]:
    """Return how many bytes of memory each process takes, with all that descend from it.

    What several share is divided among them where the system tells it.

    Args:
        processes: process ids; one that has ended takes nothing.
    """
    children: defaultdict[int, list[int]] = defaultdict(list)
    for process in psutil.process_iter(["ppid"]):
        children[process.info["ppid"]].append(process.pid)
    taken = {}
    for ancestor in processes:
        family = [ancestor]
        for pid in family:
            family += children[pid]
        taken[ancestor] = sum(map(_taken_by, family))
    return taken


def _taken_by(pid: int) -> int:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        with contextlib.suppress(psutil.AccessDenied):
            return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    return 0
