"""What becomes of workers whose server was killed."""

import asyncio
import signal
import sys

import psutil
import pytest

from tests.executors.observing import alive, living
from tests.pipes import Pipe

SERVER = """
import asyncio, sys
from deepaas.executors.local import LocalExecutor
from tests.executors import jobs

async def main(job, *args):
    executor = LocalExecutor(jobs.no_setup)
    await executor.start()
    await executor.run(getattr(jobs, job), *args)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("job", "waits"),
    [
        ("raise_a_family", True),
        ("keep_the_interpreter", False),
        ("stop", False),
        ("clear_the_environment", False),
    ],
)
async def test_workers_of_a_killed_server_end_with_all_that_they_started(
    tmp_path, eventually, job, waits
):
    told, gate = Pipe(tmp_path / "told"), Pipe(tmp_path / "gate")
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, job, told.path, *([gate.path] if waits else [])
    )
    family = [int(one) for one in (await told.line()).split()]
    family += [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
    assert all(map(alive, family))
    server.send_signal(signal.SIGKILL)
    await server.wait()
    await eventually(living(*family), lambda pids: not pids, seconds=5)


@pytest.mark.timeout(60)
async def test_an_event_loop_that_ends_while_a_job_runs_ends_with_its_workers(tmp_path, eventually):
    told = Pipe(tmp_path / "told")
    # As that of a server which is told to stop at once.
    code = SERVER.replace(
        "    await executor.run(getattr(jobs, job), *args)\n",
        "    running = asyncio.create_task(executor.run(getattr(jobs, job), *args, kill=True))\n"
        "    await asyncio.get_running_loop().run_in_executor(None, input)\n",
    )
    assert "kill=True" in code
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "sleep", told.path, stdin=asyncio.subprocess.PIPE
    )
    await told.line()
    family = [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
    await server.communicate(b"\n")
    await eventually(living(*family), lambda pids: not pids, seconds=5)
