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
async def nginx(ports: Sequence[int]) -> AsyncIterator[str]:
    """Run nginx for the time of a ``with`` block; give its address.

    Args:
        ports: of the replicas.
    """
    # Not in a folder of pytest's: these are for their owner alone.
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder = Path(name)
        port = _configure(folder, ports)
        async with _running(folder, port):
            yield f"http://127.0.0.1:{port}"


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


def _configure(folder: Path, ports: Sequence[int]) -> int:
    """Write the example's files, with other ports and folders; return where nginx listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (DEPLOY / "nginx" / "nginx.conf").read_text()
    text, listening = re.subn(r"listen 80;", f"listen 127.0.0.1:{port};", text)
    text, running = re.subn(r"pid \S+;", f"pid {folder}/pid;", text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    text, opening = re.subn(r"^http \{\n", f"http {{\n{temporary}", text, flags=re.MULTILINE)
    assert listening == running == opening == 1
    (folder / "nginx.conf").write_text(text)
    replicas = (DEPLOY / "nginx" / "replicas.conf").read_text()
    shown = re.findall(r":(500\d) .* fail_timeout", replicas)
    for one, real in zip(shown, ports, strict=True):
        replicas = replicas.replace(f":{one}", f":{real}")
    (folder / "replicas.conf").write_text(replicas)
    return port


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
