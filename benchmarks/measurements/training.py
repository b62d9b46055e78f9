"""How long predictions take while a training runs, against the same server without one.

Nothing is pinned: the training may have one core, the predictions and the client share the rest.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from environments import Unavailable
from load import drive
from running import Site, running
from servers.deepaas import Deepaas
from table import absences, markdown, median, micros, notes, number, ratio
from wire import exchange
from workloads import Workload

WARMUP_SECONDS = 0.5
SLACK_SECONDS = 60.0  # the training outlasts its window; stopping the server ends it


@dataclass(frozen=True)
class Sample:
    """One round with one server.

    Attributes:
        server: its name.
        round: counted from 0.
        seconds: the length of each window.
        idle_p50, training_p50: median latency in seconds, without and with a training; a request
            that was never answered counts with the time that it had waited.
        idle_answers, training_answers: predictions answered in the window.
        training_cpu: cores that the server used on average in the window with the training.
        errors: in both windows.
    """

    server: str
    round: int
    seconds: float
    idle_p50: float
    training_p50: float
    idle_answers: int
    training_answers: int
    training_cpu: float
    errors: int


def measure(
    servers: Sequence[Deepaas], workload: Workload, site: Site, rounds: int, seconds: float
) -> tuple[list[Sample], dict[str, str]]:
    """One client predicts, first alone, then beside a training that burns a core."""
    samples: list[Sample] = []
    missing: dict[str, str] = {}
    for turn in range(rounds):
        for server in servers:
            if server.name in missing:
                continue
            try:
                samples.append(take(server, workload, site, turn, seconds))
                print(samples[-1], file=sys.stderr, flush=True)
            except Unavailable as reason:
                missing[server.name] = str(reason)
                print(f"{server.name}: {reason}", file=sys.stderr)
    return samples, missing


def take(server: Deepaas, workload: Workload, site: Site, turn: int, seconds: float) -> Sample:
    with running(server, workload, site) as up:
        idle = drive(up.port, up.request, 1, seconds, WARMUP_SECONDS)
        start = server.train_request(workload, seconds + SLACK_SECONDS).encode()
        answer = exchange(up.port, start)
        if answer.status != 200 or json.loads(answer.body).get("status") != "running":
            raise Unavailable(f"no training: {answer.status} {answer.body!r:.200}")
        busy = drive(up.port, up.request, 1, seconds, WARMUP_SECONDS, up.tree.cpu_seconds)
        return Sample(
            server=server.name,
            round=turn,
            seconds=seconds,
            idle_p50=idle.median_latency(),
            training_p50=busy.median_latency(),
            idle_answers=len(idle.latencies),
            training_answers=len(busy.latencies),
            training_cpu=busy.server_cpu / busy.seconds,
            errors=idle.errors + busy.errors,
        )


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    header = ["training", "p50 idle", "p50 training", "ratio", "answers/s training", "cores used"]
    rows = []
    for name, title in titles.items():
        mine = [sample for sample in samples if sample.server == name]
        if mine:
            busy, idle = [s.training_p50 for s in mine], [s.idle_p50 for s in mine]
            answered = "" if any(s.training_answers for s in mine) else "more than "
            rows.append(
                [
                    title,
                    micros(median(idle)),
                    answered + micros(median(busy)),
                    number(ratio(busy, idle)),
                    number(median([s.training_answers / s.seconds for s in mine])),
                    number(median([s.training_cpu for s in mine])),
                ]
            )
    return markdown(header, rows) + notes(absences(missing, titles))
