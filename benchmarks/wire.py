"""Just enough HTTP/1.1 for the load generator: requests as bytes, and where a response ends."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

HOST = "127.0.0.1"
BOUNDARY = "benchmark-4f1c9a7e"
NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        path: path and query.
        body: the whole body.
        content_type: the body's media type; None without a body.
        method: GET or POST.
        headers: further headers.
    """

    path: str
    body: bytes = b""
    content_type: str | None = None
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The request as it goes over the wire, connection kept alive."""
        more = dict(self.headers)
        if self.content_type:
            more["Content-Type"] = self.content_type
        return head(self.path, len(self.body), self.method, more) + self.body


@dataclass(frozen=True)
class Answer:
    """A whole response: its status code and its decoded body."""

    status: int
    body: bytes = field(repr=False)


def head(path: str, length: int, method: str = "POST", headers: Mapping[str, str] = NONE) -> bytes:
    """The head of a request whose body has ``length`` bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept: */*"]
    if method == "POST":
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def json_request(path: str, value: Any) -> Request:
    return Request(path, json.dumps(value).encode(), "application/json")


def query_request(path: str, arguments: Mapping[str, Any]) -> Request:
    return Request(f"{path}?{urlencode(arguments)}" if arguments else path)


def file_request(path: str, data: bytes) -> Request:
    start, end = multipart_frame()
    return Request(path, start + data + end, f"multipart/form-data; boundary={BOUNDARY}")


def multipart_frame() -> tuple[bytes, bytes]:
    """What goes before and after the bytes of the file ``data`` in a multipart body."""
    start = (
        f"--{BOUNDARY}\r\n"
        'Content-Disposition: form-data; name="data"; filename="data.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return start.encode(), f"\r\n--{BOUNDARY}--\r\n".encode()


def split(data: bytes) -> tuple[bytes, int] | None:
    """The lower-case head of what has arrived and where its body starts; None: head incomplete."""
    end = data.find(b"\r\n\r\n")
    return None if end < 0 else (data[: end + 2].lower(), end + 4)


def complete(data: bytes) -> bool:
    """Whether one whole response has arrived."""
    parts = split(data)
    if parts is None:
        return False
    headers, start = parts
    at = headers.find(b"\r\ncontent-length:")
    if at >= 0:
        return len(data) - start >= int(headers[at + 17 : headers.index(b"\r\n", at + 2)])
    if b"chunked" in headers:
        return data.endswith(b"0\r\n\r\n")
    return headers.startswith(b"http/1.1 204")


def free_port() -> int:
    """A port on which nobody listens at the moment."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def read_answer(connection: socket.socket) -> Answer:
    """Wait for one whole response.

    Raises:
        ConnectionError: the server closed the connection first.
        TimeoutError: the socket's timeout passed.
    """
    data = b""
    while not complete(data):
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError(f"closed after {len(data)} bytes of an answer")
        data += piece
    headers, start = split(data) or (b"", 0)
    body = unchunk(data[start:]) if b"chunked" in headers else data[start:]
    return Answer(int(data[9:12]), body)


def unchunk(data: bytes) -> bytes:
    body, at = b"", 0
    while True:
        line = data.index(b"\r\n", at)
        size = int(data[at:line].split(b";")[0], 16)
        if size == 0:
            return body
        body += data[line + 2 : line + 2 + size]
        at = line + size + 4


def exchange(port: int, request: bytes, timeout: float = 30.0) -> Answer:
    """Send one request on a connection of its own and wait for the answer.

    Raises:
        OSError: no connection, none that held, or no answer within ``timeout`` seconds.
    """
    with socket.create_connection((HOST, port), timeout=timeout) as connection:
        connection.sendall(request)
        return read_answer(connection)
