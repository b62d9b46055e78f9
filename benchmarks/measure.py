"""What a process and all its descendants use, read from /proc (Linux)."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A line of /proc/<pid>/stat: ids, and processor seconds with those of reaped children."""

    pid: int
    parent: int
    session: int
    cpu: float
    started: int  # in ticks since boot; with the pid it names a process for good

    @classmethod
    def read(cls, pid: int) -> "Process | None":
        """The process, or None if it is gone or only waits to be reaped."""
        try:
            text = (PROC / str(pid) / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = text[text.rindex(")") + 2 :].split()
        cpu = sum(map(int, fields[11:15])) * TICK
        return cls(pid, int(fields[1]), int(fields[3]), cpu, int(fields[19]))


class ProcessTree:
    """A process that leads a session, its descendants, and whoever else is in the session."""

    def __init__(self, root: int) -> None:
        self.root = root

    def processes(self) -> list[Process]:
        """All that are alive now."""
        found = [Process.read(int(path.name)) for path in PROC.iterdir() if path.name.isdigit()]
        alive = {process.pid: process for process in found if process}
        return [process for process in alive.values() if self._contains(process, alive)]

    def _contains(self, process: Process, alive: dict[int, Process]) -> bool:
        while True:
            if self.root in (process.pid, process.session):
                return True
            if process.parent not in alive:
                return False
            process = alive[process.parent]

    def cpu_seconds(self) -> float:
        """Processor time, user and system, that the tree has spent since it started."""
        return sum(process.cpu for process in self.processes())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to every process of the tree."""
        send(self.processes(), number)

    def resident(self) -> int:
        """Bytes of resident memory, summed; pages that processes share count for each."""
        return sum(status(process.pid, "VmRSS") for process in self.processes())

    def proportional(self) -> int:
        """Bytes of resident memory, a page shared by n processes counting 1/n for each."""
        return sum(smaps(process.pid, "Pss") for process in self.processes())

    def high_water(self) -> int:
        """Bytes: the sum of what each process's resident memory has been at most."""
        return sum(status(process.pid, "VmHWM") for process in self.processes())

    def reset_high_water(self) -> None:
        """Let ``high_water`` begin anew at the present memory."""
        for process in self.processes():
            (PROC / str(process.pid) / "clear_refs").write_text("5")


def send(processes: list[Process], number: signal.Signals) -> None:
    """Send a signal to processes, passing over any whose pid has a new owner by now."""
    for process in processes:
        now = Process.read(process.pid)
        if now and now.started == process.started:
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)


def status(pid: int, key: str) -> int:
    """A size in bytes from /proc/<pid>/status; 0 when the process has gone."""
    return kilobytes(PROC / str(pid) / "status", key)


def smaps(pid: int, key: str) -> int:
    """A size in bytes from /proc/<pid>/smaps_rollup; 0 when the process has gone."""
    return kilobytes(PROC / str(pid) / "smaps_rollup", key)


def kilobytes(path: Path, key: str) -> int:
    try:
        lines = path.read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:")), 0)


def busy_seconds(core: int) -> float:
    """Processor seconds that anybody, the hypervisor included, has taken of a core since boot."""
    lines = (PROC / "stat").read_text().splitlines()
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(number)
        for line in lines
        if line.startswith(f"cpu{core} ")
        for number in line.split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) * TICK
