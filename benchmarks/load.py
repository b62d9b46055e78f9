"""The load generator: keep-alive connections in one epoll loop, each sending as soon as answered.

It must cost far less than the servers do, so the request is encoded once, and of an answer only the
status and the length are looked at. What the answers say is checked beforehand, by ``running``.
"""

import select
import socket
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter as clock
from time import process_time

from wire import HOST, complete

LONGEST = 4
EXTENSION_SECONDS = 0.25


@dataclass
class Load:
    """What a window of load showed.

    Attributes:
        seconds: the window's length.
        latencies: of each request answered with 200 in the window, in seconds.
        waiting: of the requests without an answer at the window's end, how long they had waited.
        errors: other answers and broken connections.
        server_cpu: processor seconds the server spent in the window.
        client_cpu: processor seconds the load generator spent in the window.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    errors: int = 0
    server_cpu: float = 0.0
    client_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    @property
    def cpu_per_request(self) -> float | None:
        """Processor seconds of the server per request; None without any answer."""
        return self.server_cpu / len(self.latencies) if self.latencies else None

    def median_latency(self) -> float:
        """Median in seconds; see ``latency``."""
        return self.latency(50)

    def latency(self, percent: int) -> float:
        """What so many percent of requests do not exceed, in seconds.

        A request still waiting at the end counts, with the time it had waited, if that is longer
        than any answer took; of the others nothing is known.
        """
        slowest = max(self.latencies, default=0.0)
        known = self.latencies + [age for age in self.waiting if age > slowest]
        if len(known) < 2:
            return known[0]
        return statistics.quantiles(known, n=100, method="inclusive")[percent - 1]


class Client:
    """One connection that repeats one request."""

    __slots__ = ("port", "received", "request", "sent", "sock", "started")

    def __init__(self, port: int, request: bytes) -> None:
        self.port = port
        self.request = memoryview(request)
        self.connect()

    def connect(self) -> None:
        self.sock = socket.create_connection((HOST, self.port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.restart()

    def restart(self) -> None:
        self.received = b""
        self.sent = 0
        self.started = clock()

    def send(self) -> bool:
        """Send what fits; whether the whole request is out."""
        while self.sent < len(self.request):
            try:
                self.sent += self.sock.send(self.request[self.sent :])
            except BlockingIOError:
                return False
        return True

    def receive(self) -> bool:
        """Take what has arrived; whether the answer is whole.

        Raises:
            ConnectionError: the server has closed the connection.
        """
        try:
            piece = self.sock.recv(1 << 16)
        except BlockingIOError:
            return False
        if not piece:
            raise ConnectionResetError
        self.received = self.received + piece if self.received else piece
        return complete(self.received)


class Generator:
    """Clients that keep a server busy until a moment in time."""

    def __init__(self, port: int, request: bytes, clients: int) -> None:
        self.poll = select.epoll()
        self.clients: dict[int, Client] = {}
        self.load = Load()
        for _ in range(clients):
            self.begin(Client(port, request))

    def begin(self, client: Client) -> None:
        self.clients[client.sock.fileno()] = client
        self.poll.register(client.sock, select.EPOLLIN)
        self.push(client)

    def push(self, client: Client) -> None:
        if not client.send():
            self.poll.modify(client.sock, select.EPOLLIN | select.EPOLLOUT)

    def run(self, until: float) -> None:
        """Serve all connections until ``clock()`` reaches ``until``."""
        while (left := until - clock()) > 0:
            for number, event in self.poll.poll(left):
                client = self.clients[number]
                try:
                    if event & select.EPOLLOUT and client.send():
                        self.poll.modify(number, select.EPOLLIN)
                    if event & ~select.EPOLLOUT and client.receive():
                        self.finish(client)
                except ConnectionError:
                    self.load.errors += 1
                    self.reconnect(client)

    def finish(self, client: Client) -> None:
        if client.received[9:12] == b"200":
            self.load.latencies.append(clock() - client.started)
        else:
            self.load.errors += 1
        if b"connection: close" in client.received[:400].lower():
            self.reconnect(client)
        else:
            client.restart()
            self.push(client)

    def reconnect(self, client: Client) -> None:
        del self.clients[client.sock.fileno()]
        client.sock.close()
        client.connect()
        self.begin(client)

    def close(self) -> None:
        for client in self.clients.values():
            client.sock.close()
        self.poll.close()


def drive(
    port: int,
    request: bytes,
    clients: int,
    seconds: float,
    warmup: float = 0.0,
    server_cpu: Callable[[], float] = lambda: 0.0,
    rounds: int = 0,
) -> Load:
    """Load a server and measure a window of it.

    Args:
        port: where it listens on the loopback interface.
        request: a whole encoded request.
        clients: connections, each with one request under way.
        seconds: the window's length.
        warmup: seconds of the same load before the window.
        server_cpu: processor seconds that the server has spent so far.
        rounds: answers that there must be for each client; a window with fewer is extended, up to
            ``LONGEST`` times. A slow server answers in bursts, of which a window must hold several.

    Returns:
        What the window showed.

    Raises:
        OSError: the server refuses connections.
    """
    generator = Generator(port, request, clients)
    try:
        generator.run(clock() + warmup)
        generator.load = load = Load()
        cpu, own, start = server_cpu(), process_time(), clock()
        generator.run(start + seconds)
        while len(load.latencies) < rounds * clients and clock() - start < LONGEST * seconds:
            generator.run(clock() + EXTENSION_SECONDS)
        end = clock()
        load.seconds = end - start
        load.client_cpu = process_time() - own
        load.server_cpu = server_cpu() - cpu
        load.waiting = [end - client.started for client in generator.clients.values()]
        return load
    finally:
        generator.close()
