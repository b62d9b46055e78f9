"""What hints cost per request: a typed function beside the same model with fields, in one run.

``python benchmarks/hints.py`` prints processor time per request and the ratio, round by round.
"""

import argparse
import os
from pathlib import Path

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


def report(samples: list[Sample], clients: int) -> str:
    def costs(name: str) -> list[float | None]:
        return [one.cpu for one in samples if one.server == name and one.clients == clients]

    old, typed = costs(Deepaas.name), costs(Typed.name)
    header = [f"{clients} clients", "fields", "hints", "hints ÷ fields"]
    row = ["CPU/req", micros(median(old)), micros(median(typed)), number(ratio(typed, old))]
    return markdown(header, [row])


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
    print(missing or "\n".join(report(samples, clients) for clients in plan.clients or ()))


if __name__ == "__main__":
    main()
