"""The benchmarks' command line: ``python benchmarks/run.py --help``."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from environments import Unavailable, ensure
from measurements import batching, oip, sleepy, startup, throughput, training, upload, variants
from measurements.throughput import Plan, Sample
from running import Site
from servers import SERVERS, Server
from servers.deepaas import Deepaas
from servers.guarded import GUARDED
from servers.observed import OBSERVED
from workloads import workloads

FOLDER = Path(__file__).resolve().parents[1] / ".benchmarks"
Findings = tuple[list[Any], str]


def loaded(options: argparse.Namespace) -> tuple[Site, Plan]:
    """Put this process on the core of clients; return where servers run, and how much they do."""
    os.sched_setaffinity(0, {options.client_core})
    site = Site(options.venvs, options.server_core)
    return site, Plan(options.rounds, options.seconds, options.clients)


def install(options: argparse.Namespace, servers: list[Server]) -> Findings:
    failures = []
    for server in servers:
        try:
            ensure(server, options.venvs)
        except Unavailable as reason:
            failures.append(f"{server.name}: {reason}")
    return [], "\n".join(failures) or "all installed"


def measure_throughput(options: argparse.Namespace, servers: list[Server]) -> Findings:
    site, plan = loaded(options)
    samples: list[Sample] = []
    texts: list[str] = []
    for name in options.workloads:
        if name == "sleepy":
            found, text = measure_sleepy(options, servers, site, plan)
        else:
            found, missing = throughput.measure(servers, workloads()[name], site, plan)
            text = throughput.report(found, missing, titles())
        samples += found
        texts.append(text)
    return samples, "\n".join(texts)


def measure_oip(options: argparse.Namespace, servers: list[Server]) -> Findings:
    site, plan = loaded(options)
    samples: list[Sample] = []
    texts: list[str] = []
    for name in options.workloads:
        found, missing = throughput.measure(servers, workloads()[name], site, plan)
        texts.append(oip.report(found, missing, titles()))
        samples += found
    return samples, "\n".join(texts)


def measure_batching(options: argparse.Namespace, servers: list[Server]) -> Findings:
    site, plan = loaded(options)
    samples, missing = throughput.measure(servers, workloads()["mlp"], site, plan)
    return samples, batching.report(samples, missing, titles())


def measure_observing(options: argparse.Namespace, servers: list[Server]) -> Findings:
    return measure_variants("observing", OBSERVED, options)


def measure_guarding(options: argparse.Namespace, servers: list[Server]) -> Findings:
    return measure_variants("guarding", GUARDED, options)


def measure_variants(what: str, ours: Sequence[Server], options: argparse.Namespace) -> Findings:
    site, plan = loaded(options)
    samples, missing = throughput.measure(ours, workloads()["tiny"], site, plan)
    return samples, variants.report(what, samples, missing, {one.name: one.title for one in ours})


def measure_sleepy(
    options: argparse.Namespace, servers: list[Server], site: Site, plan: Plan
) -> Findings:
    samples: list[Sample] = []
    missing: dict[str, str] = {}
    for workers in options.workers:
        found, absent = throughput.measure(
            servers, workloads()["sleepy"], site, replace(plan, workers=workers)
        )
        samples += found
        missing |= absent
    return samples, sleepy.report(samples, missing, titles())


def measure_training(options: argparse.Namespace, servers: list[Server]) -> Findings:
    able = [server for server in servers if isinstance(server, Deepaas)]
    samples, missing = training.measure(
        able, workloads()["training"], Site(options.venvs), options.rounds, options.seconds
    )
    return samples, training.report(samples, missing, titles())


def measure_startup(options: argparse.Namespace, servers: list[Server]) -> Findings:
    seconds = getattr(options, "seconds", 0.0)  # only ``idle`` has this option
    samples, missing = startup.measure(
        servers, workloads()["tiny"], Site(options.venvs), options.rounds, seconds
    )
    return samples, startup.report(samples, missing, titles())


def measure_upload(options: argparse.Namespace, servers: list[Server]) -> Findings:
    site = Site(options.venvs, options.server_core)
    os.sched_setaffinity(0, {options.client_core})
    size = int(options.gib * 2**30)
    samples, missing = upload.measure(servers, workloads()["upload"], site, options.rounds, size)
    return samples, upload.report(samples, missing, titles())


def titles() -> dict[str, str]:
    return {name: server.title for name, server in SERVERS.items()}


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """A converter of ``a,b`` that refuses names it does not know."""

    def convert(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := set(chosen) - set(known):
            raise argparse.ArgumentTypeError(
                f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}"
            )
        return chosen

    return convert


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    add = common.add_argument
    add("--servers", type=names([*SERVERS]), default=[*SERVERS], help="a,b,…; default all")
    add(
        "--venvs",
        type=lambda text: Path(text).resolve(),
        default=FOLDER,
        help="folder of the virtual environments, logs and results (default: %(default)s)",
    )
    add("--json", type=Path, help="file for the raw rounds (default: in the folder above)")
    pinned = argparse.ArgumentParser(add_help=False)
    pinned.add_argument(
        "--server-core", type=int, default=0, help="core for the server's processes"
    )
    pinned.add_argument("--client-core", type=int, default=1, help="core for the load generator")

    whole = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)

    def command(
        name: str,
        function: Callable[[argparse.Namespace, list[Server]], Findings],
        text: str,
        parents: Sequence[argparse.ArgumentParser] = (),
        **defaults: float,
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, parents=[common, *parents])
        sub.set_defaults(function=function)
        for option, value in defaults.items():
            sub.add_argument(f"--{option}", type=type(value), default=value)
        return sub

    command("install", install, "make the virtual environments, measure nothing")
    sub = command(
        "throughput",
        measure_throughput,
        "requests per second, CPU time per request",
        [pinned],
        rounds=5,
        seconds=4.0,
    )
    known = ["tiny", "tensor", "file", "sleepy"]
    sub.add_argument("--workloads", type=names(known), default=known, help="a,b,…; default all")
    sub.add_argument("--clients", type=numbers, help="instead of each workload's own, as 1,32")
    sub.add_argument("--workers", type=numbers, default=[1, 2], help="for sleepy (default 1,2)")
    sub = command(
        "batching",
        measure_batching,
        "calls that share the model's work",
        [pinned],
        rounds=5,
        seconds=4.0,
    )
    sub.add_argument("--clients", type=numbers, help="instead of 64")
    sub = command(
        "oip",
        measure_oip,
        "tensors of the Open Inference Protocol, and metadata",
        [pinned],
        rounds=5,
        seconds=4.0,
    )
    known = ["oip-binary", "oip-json", "oip-metadata"]
    sub.add_argument("--workloads", type=names(known), default=known, help="a,b,…; default all")
    sub.add_argument("--clients", type=numbers, help="instead of 8")
    for name, function, text in (
        (
            "observing",
            measure_observing,
            "what ids, metrics and the access log add to a prediction",
        ),
        ("guarding", measure_guarding, "what tokens and limited rates add to a prediction"),
    ):
        sub = command(name, function, text, [pinned], rounds=7, seconds=2.0)
        sub.add_argument("--clients", type=numbers, help="instead of 1,32")
    command(
        "training", measure_training, "predictions while a training runs", rounds=3, seconds=10.0
    )
    command("startup", measure_startup, "time to the first answer", rounds=5)
    command("idle", measure_startup, "memory and CPU of an idle server", rounds=1, seconds=10.0)
    command(
        "upload",
        measure_upload,
        "memory and others' waiting during a large upload",
        [pinned],
        rounds=1,
        gib=2.0,
    )
    return whole


def main() -> None:
    options = parser().parse_args()
    servers = [SERVERS[name] for name in options.servers]
    samples, text = options.function(options, servers)
    print(text)
    if samples:
        options.venvs.mkdir(parents=True, exist_ok=True)
        stamp = time.strftime("%Y%m%d-%H%M%S")
        target = options.json or options.venvs / f"{options.command}-{stamp}.json"
        record = {
            "command": sys.argv[1:],
            "python": platform.python_version(),
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "samples": [asdict(sample) for sample in samples],
        }
        target.write_text(json.dumps(record, indent=1) + "\n")
        print(f"raw rounds: {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
