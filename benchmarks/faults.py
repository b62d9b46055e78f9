"""Every fault at full size against a real server, as a Markdown table.

``python benchmarks/faults.py`` runs the scenarios of ``tests/faults``, which takes about seven
minutes; ``python benchmarks/faults.py -k disk`` some of them. It needs what the tests need.
"""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEADER = "| fault | wanted | seen | holds |\n|---|---|---|---|"


class Rows:
    """Makes a row of each scenario."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        told = [(name, str(value)) for name, value in report.user_properties]
        named = dict(told)
        seen = ", ".join(value for name, value in told if name == "seen")
        if report.skipped and isinstance(report.longrepr, tuple):
            seen = report.longrepr[2]
        holds = {"passed": "yes", "failed": "no", "skipped": "not tried"}[report.outcome]
        fault = named.get("fault", report.nodeid)
        self.rows.append(f"| {fault} | {named.get('wanted', '')} | {seen} | {holds} |")


def main() -> int:
    os.environ["DEEPAAS_FAULTS"] = "full"
    os.chdir(ROOT)
    rows = Rows()
    code = pytest.main(
        ["tests/faults", "-p", "no:xdist", "--timeout", "900", *sys.argv[1:]], [rows]
    )
    print("", HEADER, *rows.rows, sep="\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
