"""A very large upload: what memory it costs the server, and how long others wait meanwhile."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from environments import Unavailable
from running import Running, Site, running
from servers.base import Server
from table import absences, markdown, median, megabytes, micros, notes, number
from wire import BOUNDARY, HOST, head, multipart_frame, read_answer
from workloads import Workload

BLOCK = bytes(1 << 20)
ANSWER_SECONDS = 120.0


@dataclass(frozen=True)
class Sample:
    """One upload to one server.

    Attributes:
        server: its name.
        round: counted from 0.
        size: bytes of the file.
        seconds: from the first byte sent to the whole answer.
        before: bytes resident in all its processes beforehand.
        rise: what the processes' highest memory adds up to, less ``before``. They need not have
            been highest at the same time, so the true rise is this or less.
        worst: the longest that another client's small request took, in seconds.
        p50: the median of those.
        others: how many small requests were answered meanwhile.
    """

    server: str
    round: int
    size: int
    seconds: float
    before: int
    rise: int
    worst: float
    p50: float
    others: int


class Upload(threading.Thread):
    """Sends a file that is made up on the fly, and waits for the answer."""

    def __init__(self, port: int, path: str, size: int) -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.size = port, path, size
        self.seconds = 0.0
        self.failure: str | None = None

    def run(self) -> None:
        try:
            self.send()
        except OSError as error:
            self.failure = str(error)

    def send(self) -> None:
        before, after = multipart_frame()
        content_type = f"multipart/form-data; boundary={BOUNDARY}"
        start = time.perf_counter()
        with socket.create_connection((HOST, self.port), timeout=ANSWER_SECONDS) as connection:
            length = len(before) + self.size + len(after)
            connection.sendall(
                head(self.path, length, headers={"Content-Type": content_type}) + before
            )
            left = self.size
            while left:
                piece = min(left, len(BLOCK))
                connection.sendall(memoryview(BLOCK)[:piece])
                left -= piece
            connection.sendall(after)
            answer = read_answer(connection)
        self.seconds = time.perf_counter() - start
        if answer.status != 200 or f"{self.size}".encode() not in answer.body:
            self.failure = f"status {answer.status}: {answer.body!r:.200}"


def measure(
    servers: Sequence[Server], workload: Workload, site: Site, rounds: int, size: int
) -> tuple[list[Sample], dict[str, str]]:
    """Upload ``size`` bytes to each server once a round while another client asks small things."""
    samples: list[Sample] = []
    missing: dict[str, str] = {}
    for turn in range(rounds):
        for server in servers:
            if workload.name not in server.workloads or server.name in missing:
                continue
            try:
                with running(server, workload, site) as up:
                    samples.append(take(up, turn, size))
                print(samples[-1], file=sys.stderr, flush=True)
            except Unavailable as reason:
                missing[server.name] = str(reason)
                print(f"{server.name}: {reason}", file=sys.stderr)
    return samples, missing


def take(up: Running, turn: int, size: int) -> Sample:
    upload = Upload(up.port, up.server.request(up.workload).path, size)
    up.tree.reset_high_water()
    before = up.tree.resident()
    upload.start()
    latencies = list(small_requests(up, upload.is_alive))
    rise = up.tree.high_water() - before
    if upload.failure:
        raise Unavailable(f"the upload failed: {upload.failure}")
    return Sample(
        server=up.server.name,
        round=turn,
        size=size,
        seconds=upload.seconds,
        before=before,
        rise=rise,
        worst=max(latencies),
        p50=median(latencies) or 0.0,
        others=len(latencies),
    )


def small_requests(up: Running, wanted: Callable[[], bool]) -> Iterator[float]:
    """Ask one small thing after another, and tell how long each answer took, in seconds.

    Raises:
        Unavailable: an answer was not 200, or none came.
    """
    try:
        with socket.create_connection((HOST, up.port), timeout=ANSWER_SECONDS) as connection:
            while wanted():
                start = time.perf_counter()
                connection.sendall(up.request)
                status = read_answer(connection).status
                if status != 200:
                    raise Unavailable(f"status {status} for a small request during the upload")
                yield time.perf_counter() - start
    except OSError as error:
        raise Unavailable(f"a small request failed during the upload: {error}") from error


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    size = samples[0].size if samples else 0
    header = [
        f"upload of {number(size / 2**30)} GiB",
        "took",
        "memory rise",
        "others: worst",
        "others: p50",
        "others: answers",
    ]
    rows = []
    for name, title in titles.items():
        mine = [sample for sample in samples if sample.server == name]
        if mine:
            rows.append(
                [
                    title,
                    f"{median([sample.seconds for sample in mine]):.1f} s",
                    megabytes(max(sample.rise for sample in mine)),
                    micros(max(sample.worst for sample in mine)),
                    micros(median([sample.p50 for sample in mine])),
                    number(median([sample.others for sample in mine])),
                ]
            )
    return markdown(header, rows) + notes(absences(missing, titles))
