"""What hints cost per request: a typed function beside the same model with fields, in one run.

``python benchmarks/hints.py`` prints processor time per request, of the server and of the worker's
and the server's own work without one, where a busy machine disturbs less; and the ratios.
"""

import argparse
import os
import subprocess
from pathlib import Path

from environments import ensure
from measurements import throughput
from measurements.throughput import Plan, Sample
from running import Site
from servers.base import Launch
from servers.deepaas import CHECKOUT, Deepaas
from table import markdown, median, micros, number, ratio
from workloads import Workload, workloads

FOLDER = Path(__file__).resolve().parents[1] / ".benchmarks"
TYPED = CHECKOUT / "benchmarks" / "models" / "bench_models" / "deepaas_models" / "typed.py"


class Typed(Deepaas):
    name = "typed"
    title = "a typed function"

    def launch(self, binaries: Path, workload: Workload, port: int, workers: int) -> Launch:
        options = [
            "--listen-ip",
            "127.0.0.1",
            "--listen-port",
            str(port),
            "--workers",
            str(workers),
        ]
        return Launch([str(binaries / "deepaas-run"), str(TYPED), *options])

    def path(self, workload: Workload, method: str) -> str:
        return f"/v2/models/typed/{method}/"


def report(title: str, old: list[float | None], typed: list[float | None]) -> str:
    header = [title, "fields", "hints", "hints ÷ fields"]
    row = ["CPU/req", micros(median(old)), micros(median(typed)), number(ratio(typed, old))]
    return markdown(header, [row])


def costs(samples: list[Sample], server: type[Deepaas], clients: int) -> list[float | None]:
    return [one.cpu for one in samples if (one.server, one.clients) == (server.name, clients)]


def alone(binaries: Path) -> str:
    command = [str(binaries / "python"), "-m", "bench_models.alone"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    old, typed = zip(*(map(float, line.split()) for line in lines), strict=True)
    return report("no server", list(old), list(typed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--venvs", type=lambda text: Path(text).resolve(), default=FOLDER)
    options = parser.parse_args()
    os.sched_setaffinity(0, {1})
    plan = Plan(options.rounds, options.seconds, clients=(1, 32))
    servers = [Deepaas(), Typed()]
    samples, missing = throughput.measure(
        servers, workloads()["tiny"], Site(options.venvs, core=0), plan
    )
    if missing:
        raise SystemExit(f"not measured: {missing}")
    print(alone(ensure(Deepaas(), options.venvs)))
    for clients in plan.clients or ():
        found = (costs(samples, server, clients) for server in (Deepaas, Typed))
        print(report(f"{clients} clients", *found))


if __name__ == "__main__":
    main()
