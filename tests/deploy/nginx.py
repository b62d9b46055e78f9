"""nginx, as the example configures it, in front of servers of a test."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
# Where Debian puts it, which is not in everybody's path.
PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@asynccontextmanager
async def nginx(ports: Sequence[int], rpc_ports: Sequence[int]) -> AsyncIterator[tuple[int, int]]:
    """Run nginx for the time of a ``with`` block; give its port, and that of gRPC.

    Args:
        ports: of the replicas.
        rpc_ports: of their gRPC; empty for none.
    """
    # Not in a folder of pytest's: these are for their owner alone.
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder = Path(name)
        port, rpc_port = _free_port(), _free_port()
        _configure(folder, port, ports)
        if rpc_ports:
            _configure_rpc(folder, rpc_port, rpc_ports)
        async with _running(folder, port):
            yield port, rpc_port


@asynccontextmanager
async def _running(folder: Path, port: int) -> AsyncIterator[None]:
    # It is to need no rights.
    nobody = {}
    if os.getuid() == 0:
        nobody = {"user": "nobody", "group": "nogroup"}
        shutil.chown(folder, "nobody")
    options = ("-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf"))
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, *options, "-g", "daemon off;"), stderr=asyncio.subprocess.PIPE, **nobody
    )
    saying = asyncio.create_task(process.stderr.read())
    try:
        await _reachable(port, process)
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        print((await saying).decode())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _configure(folder: Path, port: int, ports: Sequence[int]) -> None:
    """Write the example's files, with other ports and folders."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    text = (DEPLOY / "nginx" / "nginx.conf").read_text()
    text = _replaced(text, "listen 80;", f"listen 127.0.0.1:{port};")
    text = _replaced(text, "pid /run/nginx.pid;", f"pid {folder}/pid;")
    text = _replaced(text, "http {\n", f"http {{\n{temporary}")
    (folder / "nginx.conf").write_text(text)
    replicas = (DEPLOY / "nginx" / "replicas.conf").read_text()
    (folder / "replicas.conf").write_text(_asking(replicas, ports))


def _configure_rpc(folder: Path, port: int, ports: Sequence[int]) -> None:
    text = (folder / "nginx.conf").read_text()
    (folder / "nginx.conf").write_text(_replaced(text, "# include grpc", "include grpc"))
    text = (DEPLOY / "nginx" / "grpc.conf").read_text()
    text = _replaced(text, "listen 8001 http2;", f"listen 127.0.0.1:{port} http2;")
    (folder / "grpc.conf").write_text(_asking(text, ports))


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def _asking(text: str, ports: Sequence[int]) -> str:
    """Return a list of replicas with other ports."""
    shown = re.findall(r"server 127\.0\.0\.1(:\d+) .*fail_timeout", text)
    for one, real in zip(shown, ports, strict=True):
        text = text.replace(one, f":{real}")
    return text


async def _reachable(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(60):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
    raise AssertionError("nginx has ended; what it says is printed")
