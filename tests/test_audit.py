"""Who did what is appended to a file."""

import json
import os
from multiprocessing import get_context

import pytest

from deepaas.audit import AuditFile, open_audit
from deepaas.calls import Call, done_for
from deepaas.exceptions import ConfigurationError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_tells_who_did_what(path):
    audit = AuditFile(str(path))
    with done_for(Call("one-2")):
        audit.write("model.load", "token:maria", model="digits", training="", result=200)
    audit.refused("192.0.2.1", 20)
    first, second = lines(path)
    assert first.pop("time").endswith("Z")
    assert first == {
        "action": "model.load",
        "who": "token:maria",
        "request_id": "one-2",
        "model": "digits",
        "result": 200,
    }
    del second["time"]
    assert second == {"action": "auth.refused", "address": "192.0.2.1", "count": 20}


def test_others_cannot_read_the_file_and_what_was_there_stays(path):
    for number in (1, 2):
        AuditFile(str(path)).write(f"model.load{number}", "a")
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert [one["action"] for one in lines(path)] == ["model.load1", "model.load2"]


def test_nobody_can_forge_a_line(path):
    forged = 'a\n{"action": "model.load", "who": "token:maria"}\u2028\x1b[31m\udcff'
    AuditFile(str(path)).write("model.load", "anonymous", model=forged)
    (one,) = path.read_bytes().splitlines()
    assert json.loads(one)["who"] == "anonymous"
    assert json.loads(one)["model"] == forged
    assert b"\x1b" not in one


def test_a_file_that_is_moved_away_is_made_anew(path):
    audit = AuditFile(str(path))
    audit.write("first", "a")
    rotated = path.rename(path.with_suffix(".1"))
    audit.write("second", "a")
    assert [one["action"] for one in lines(rotated)] == ["first"]
    assert [one["action"] for one in lines(path)] == ["second"]


def append(path, process):
    audit = AuditFile(path)
    for _ in range(200):
        audit.write("model.load", f"process-{process}", model=500 * "x")


def test_processes_write_whole_lines_to_one_file(path):
    processes = [get_context("fork").Process(target=append, args=(str(path), n)) for n in (1, 2)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    assert len([one["who"] for one in lines(path)]) == 400


def test_what_cannot_be_written_is_logged_once_and_fails_nobody(path, monkeypatch, caplog):
    audit = AuditFile(str(path))
    write = os.write
    # There is room for three bytes.
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:3]))
    audit.write("first", "a")
    audit.write("second", "a")
    (record,) = caplog.records
    assert record.getMessage() == (
        f"--audit-file {path} cannot be written to: there was no room for a whole line"
    )
    monkeypatch.undo()
    audit.write("third", "a")
    assert json.loads(path.read_text().splitlines()[-1])["action"] == "third"


def test_a_folder_that_is_gone_fails_nobody(path, tmp_path, caplog):
    folder = tmp_path / "folder"
    folder.mkdir()
    audit = AuditFile(str(folder / "audit"))
    (folder / "audit").unlink()
    folder.rmdir()
    audit.write("model.load", "a")
    assert "cannot be written to: No such file" in caplog.text


@pytest.mark.parametrize(
    ("name", "why"), [("none/audit", "No such file or directory"), ("", "Is a directory")]
)
def test_a_file_that_cannot_be_made_is_said_to_be(tmp_path, name, why):
    with pytest.raises(ConfigurationError, match=rf"--audit-file .*: {why}"):
        AuditFile(str(tmp_path / name))


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "audit")
    with pytest.raises(ConfigurationError, match="No such device or address"):
        AuditFile(str(tmp_path / "audit"))


def test_what_comes_after_the_end_goes_nowhere_else(path, tmp_path, caplog):
    audit = AuditFile(str(path))
    audit.close()
    # It has the number that the file had.
    with (tmp_path / "other").open("wb") as other:
        audit.write("model.load", "a")
        assert other.tell() == os.stat(other.name).st_size == 0
    assert lines(path) == []
    assert "cannot be written to: Bad file descriptor" in caplog.text


def test_lines_go_to_standard_error(capfd):
    audit = open_audit("-")
    audit.write("model.load", "a")
    audit.close()
    assert json.loads(capfd.readouterr().err)["action"] == "model.load"


def test_without_a_file_nothing_is_written():
    open_audit("").write("model.load", "a")
