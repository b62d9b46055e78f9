"""Requests per second and processor time per request, servers taking turns in rounds.

All servers of a workload are up during its rounds. The one being measured runs, the others are
stopped with SIGSTOP, so that what they do when idle is not charged to it.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from environments import Unavailable
from load import drive
from measure import busy_seconds
from running import Running, Site, running
from servers.base import Server
from table import absences, markdown, median, micros, notes, number, ratio
from workloads import Workload

WARMUP_SECONDS = 0.5
ANSWERS_PER_CLIENT = 5


@dataclass(frozen=True)
class Sample:
    """One server under one load in one round.

    Attributes:
        workload: its name.
        server: its name.
        workers: worker processes.
        clients: simultaneous clients.
        round: counted from 0.
        rate: requests per second.
        cpu: the server's processor seconds per request; None without any answer.
        p50: median latency in seconds.
        p99: the latency that one request in a hundred exceeds, in seconds.
        errors: answers other than 200 and broken connections.
        client_share: the part of its core that the load generator used.
        foreign_share: the part of the server's core that went to neither, but to other processes.
    """

    workload: str
    server: str
    workers: int
    clients: int
    round: int
    rate: float
    cpu: float | None
    p50: float
    p99: float
    errors: int
    client_share: float
    foreign_share: float | None


@dataclass(frozen=True)
class Plan:
    """How much to measure.

    Attributes:
        rounds: how often each server has its turn.
        seconds: the length of one turn, without the warm-up.
        clients: numbers of simultaneous clients; None for the workload's own.
        workers: worker processes for each server.
    """

    rounds: int = 5
    seconds: float = 4.0
    clients: Sequence[int] | None = None
    workers: int = 1


def measure(
    servers: Sequence[Server], workload: Workload, site: Site, plan: Plan
) -> tuple[list[Sample], dict[str, str]]:
    """Measure one workload.

    Returns:
        The samples, and by name why servers are missing from them.
    """
    samples: list[Sample] = []
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        up: list[Running] = []
        for server in servers:
            if workload.name not in server.workloads:
                continue
            try:
                up.append(stack.enter_context(running(server, workload, site, plan.workers)))
                up[-1].pause()
            except Unavailable as reason:
                missing[server.name] = str(reason)
                print(f"{server.name}: {reason}", file=sys.stderr)
        for turn in range(plan.rounds):
            for clients in plan.clients or workload.clients:
                for each in rotated(up, turn):
                    sample = take(each, clients, turn, site, plan)
                    samples.append(sample)
                    print(line(sample), file=sys.stderr, flush=True)
    return samples, missing


def rotated(items: list[Running], by: int) -> list[Running]:
    """Begin elsewhere in each round, so that nobody always follows the same neighbour."""
    at = by % len(items) if items else 0
    return items[at:] + items[:at]


def take(server: Running, clients: int, turn: int, site: Site, plan: Plan) -> Sample:
    server.resume()
    try:
        busy = busy_clock(site)
        start, taken = time.perf_counter(), busy()
        used = server.tree.cpu_seconds()
        load = drive(
            server.port,
            server.request,
            clients,
            plan.seconds,
            warmup=min(WARMUP_SECONDS, plan.seconds),
            server_cpu=server.tree.cpu_seconds,
            rounds=ANSWERS_PER_CLIENT,
        )
        elapsed = time.perf_counter() - start
        foreign = busy() - taken - (server.tree.cpu_seconds() - used)
    finally:
        server.pause()
    return Sample(
        workload=server.workload.name,
        server=server.server.name,
        workers=plan.workers,
        clients=clients,
        round=turn,
        rate=load.rate,
        cpu=load.cpu_per_request,
        p50=load.median_latency(),
        p99=load.latency(99),
        errors=load.errors,
        client_share=load.client_cpu / load.seconds,
        foreign_share=None if site.core is None else max(0.0, foreign / elapsed),
    )


def busy_clock(site: Site) -> Callable[[], float]:
    """A function that reads how long the server's core has been busy; 0 without such a core."""
    core = site.core
    return (lambda: 0.0) if core is None else (lambda: busy_seconds(core))


def line(sample: Sample) -> str:
    return (
        f"round {sample.round + 1}  {sample.workload:7} {sample.server:17} "
        f"{sample.clients:4} clients  {sample.rate:9.1f}/s  {micros(sample.cpu):>9} CPU"
        + (f"  {sample.errors} errors" if sample.errors else "")
    )


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    """One workload's table, with a note for whatever makes it less trustworthy."""
    counts = sorted({sample.clients for sample in samples})
    names = list(dict.fromkeys(name for name in titles if any(s.server == name for s in samples)))

    def rounds(name: str, clients: int, key: str) -> list[float | None]:
        chosen = (s for s in samples if s.server == name and s.clients == clients)
        return [asdict(sample)[key] for sample in sorted(chosen, key=lambda s: s.round)]

    header = [
        samples[0].workload if samples else "",
        *(f"req/s, {count}" for count in counts),
        *(f"CPU/req, {count}" for count in counts),
        *(f"req/s ÷ 2.6.0, {count}" for count in counts),
        *(f"CPU ÷ bare, {count}" for count in counts),
    ]
    rows = []
    for name in names:
        rates = [rounds(name, count, "rate") for count in counts]
        costs = [rounds(name, count, "cpu") for count in counts]
        rows.append(
            [
                titles[name],
                *(number(median(values)) for values in rates),
                *(micros(median(values)) for values in costs),
                *(
                    number(ratio(values, rounds("deepaas26", count, "rate")))
                    for values, count in zip(rates, counts, strict=True)
                ),
                *(
                    number(ratio(values, rounds("bare", count, "cpu")))
                    for values, count in zip(costs, counts, strict=True)
                ),
            ]
        )
    return markdown(header, rows) + remarks(samples, missing, titles)


def remarks(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    """What a reader has to know before trusting the numbers."""
    found = absences(missing, titles)
    for name, title in titles.items():
        if errors := sum(sample.errors for sample in samples if sample.server == name):
            found.append(f"{title}: {errors} errors")
    foreign = median([sample.foreign_share for sample in samples])
    if foreign is not None and foreign > 0.05:
        found.append(f"other processes took {foreign:.0%} of the servers' core (median)")
    client = max((sample.client_share for sample in samples), default=0.0)
    if client > 0.9:
        found.append(f"the client's core was {client:.0%} busy at most: it may have been the limit")
    return notes(found)
