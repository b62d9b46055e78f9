"""The time from a server's command to its first right answer, and what it uses when idle."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from environments import Unavailable
from running import Site, running
from servers.base import Server
from table import absences, markdown, median, megabytes, notes, number
from workloads import Workload

SETTLE_SECONDS = 3.0


@dataclass(frozen=True)
class Sample:
    """One start of one server.

    Attributes:
        server: its name.
        round: counted from 0; a first start, which compiles modules, is not counted.
        seconds: from the command to the first right answer.
        resident: bytes of all its processes, shared pages counted in each; None if not measured.
        proportional: bytes of all its processes, shared pages divided among their users.
        processes: how many there are.
        cpu_share: the part of one core used when idle.
    """

    server: str
    round: int
    seconds: float
    resident: int | None = None
    proportional: int | None = None
    processes: int | None = None
    cpu_share: float | None = None


def measure(
    servers: Sequence[Server], workload: Workload, site: Site, rounds: int, idle_seconds: float
) -> tuple[list[Sample], dict[str, str]]:
    """Start each server once a round; with ``idle_seconds`` above 0, watch it idle as well."""
    samples: list[Sample] = []
    missing: dict[str, str] = {}
    for turn in range(-1, rounds):
        for server in servers:
            if server.name in missing:
                continue
            try:
                sample = take(server, workload, site, turn, idle_seconds if turn >= 0 else 0.0)
            except Unavailable as reason:
                missing[server.name] = str(reason)
                print(f"{server.name}: {reason}", file=sys.stderr)
                continue
            if turn >= 0:
                samples.append(sample)
                print(sample, file=sys.stderr, flush=True)
    return samples, missing


def take(server: Server, workload: Workload, site: Site, turn: int, idle_seconds: float) -> Sample:
    with running(server, workload, site) as up:
        if not idle_seconds:
            return Sample(server.name, turn, up.start_seconds)
        time.sleep(SETTLE_SECONDS)
        used, start = up.tree.cpu_seconds(), time.perf_counter()
        time.sleep(idle_seconds)
        share = (up.tree.cpu_seconds() - used) / (time.perf_counter() - start)
        return Sample(
            server.name,
            turn,
            up.start_seconds,
            up.tree.resident(),
            up.tree.proportional(),
            len(up.tree.processes()),
            share,
        )


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    idle = any(sample.resident for sample in samples)
    header = ["start to first answer", "median", "best", "worst"]
    if idle:
        header += ["RSS", "PSS", "processes", "CPU idle"]
    rows = []
    for name, title in titles.items():
        mine = [sample for sample in samples if sample.server == name]
        if not mine:
            continue
        times = [sample.seconds for sample in mine]
        row = [title, *(f"{value:.2f} s" for value in (median(times), min(times), max(times)))]
        if idle:
            row += [
                megabytes(median([sample.resident for sample in mine])),
                megabytes(median([sample.proportional for sample in mine])),
                number(median([sample.processes for sample in mine]), 1),
                f"{median([sample.cpu_share for sample in mine]):.1%}",
            ]
        rows.append(row)
    return markdown(header, rows) + notes(absences(missing, titles))
