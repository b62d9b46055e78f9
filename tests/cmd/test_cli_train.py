"""``deepaas-cli train``, as it is run."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import sys
import termios

import pytest

LEARNER = """
    import os, sys, time
    from webargs import fields
    from deepaas import current_training

    def predict():
        return 1

    def get_train_args():
        return {"epochs": fields.Int(missing=3), "seconds": fields.Float(missing=0)}

    def train(epochs, seconds):
        training = current_training()
        for epoch in range(1, epochs + 1):
            training.progress(epoch, epochs)
            training.metrics({"loss": 1 / epoch}, step=epoch)
        print("waiting")
        sys.stdout.flush()
        time.sleep(seconds)
        (training.directory / "weights").write_text("heavy")
        return {"epochs": epochs}
"""


@pytest.fixture(autouse=True)
def learner(install):
    install("learner", LEARNER)


def records(environment):
    """Return the folders of trainings that are kept."""
    folder = os.path.join(environment["HOME"], ".local", "state", "deepaas", "trainings")
    return [os.path.join(folder, name) for name in os.listdir(folder)]


async def test_lines_tell_how_it_gets_on_and_the_result_is_scraped_as_ever(run, environment):
    ended = await run("cli", "train", "--epochs", "2")
    assert ended.code == 0, ended
    (line,) = ended.out.splitlines()
    training = json.loads(line.removeprefix("return: "))
    assert training["status"] == "done"
    assert training["result"]["output"] == {"epochs": 2}
    assert training["metrics"] == {"loss": 0.5}
    assert "step 2 of 2" in ended.err
    assert "step 2: loss 0.5" in ended.err
    (folder,) = records(environment)
    assert os.listdir(os.path.join(folder, "files")) == ["weights"]


async def test_a_terminal_shows_a_bar_with_metrics(environment, tmp_path):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 100))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deepaas.cmd.cli", "train"),
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    assert await process.wait() == 0
    shown = b""
    # Linux says EIO where nothing is left and nobody has the terminal open.
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert b"3/3" in shown
    assert b"loss 0.3333" in shown


async def test_an_interrupt_cancels_it(environment, tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deepaas.cmd.cli", "train", "--seconds", "60"),
        env=environment,
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    while b"waiting" not in await process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 130
    assert out == b""
    assert b"was cancelled" in err
    assert b"Traceback" not in err
