"""``deepaas-cli train``, as it is run."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import sqlite3
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

# From the folder of a training to the database.
HOME = ("..", "..", "deepaas.sqlite")


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", [(), ("--nodeepaas_with_multiprocessing",)])
async def test_a_signal_cancels_it(launch, environment, how, number):
    process = await launch("cli", *how, "train", "--seconds", "60")
    # In the process itself, what the model prints goes where the command prints.
    prints = process.stdout if how else process.stderr
    while b"waiting" not in await prints.readline():
        pass
    process.send_signal(number)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 130
    assert out == b""
    (folder,) = records(environment)
    uuid = os.path.basename(folder)
    assert err.decode().splitlines()[-1] == f"deepaas-cli: error: training {uuid} was cancelled"
    assert b"Traceback" not in err
    with contextlib.closing(sqlite3.connect(os.path.join(folder, *HOME))) as database:
        (row,) = database.execute("SELECT status FROM training")
    assert row == ("cancelled",)


async def test_a_signal_ends_predictions_in_the_process_itself_too(install, launch):
    code = """
        import time

        def predict():
            print("waiting", flush=True)
            time.sleep(60)
    """
    install("sleeper", code)
    options = ("--nodeepaas_with_multiprocessing", "--model-name", "sleeper")
    process = await launch("cli", *options, "predict")
    while b"waiting" not in await process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err


async def test_a_training_that_ends_by_itself_when_interrupted_stays(install, launch, environment):
    code = """
        import time
        from webargs import fields

        def get_train_args():
            return {}

        def train():
            print("waiting", flush=True)
            try:
                time.sleep(60)
            except KeyboardInterrupt:
                return "early"
    """
    install("patient", code)
    options = ("--nodeepaas_with_multiprocessing", "--model-name", "patient")
    process = await launch("cli", *options, "train")
    while b"waiting" not in await process.stdout.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert len(records(environment)) == 1
