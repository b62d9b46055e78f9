"""Files that come with calls, and the lives of temporary ones."""

import os

import pytest

from deepaas.files import CallFiles, Scratch, base_name, create, remove


@pytest.fixture
def scratch(tmp_path):
    made = Scratch(str(tmp_path))
    yield made
    made.close()


def test_a_relative_folder_stays_where_it_is(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    scratch = Scratch("here")
    monkeypatch.chdir("/")
    assert os.path.isabs(scratch.new_path())
    assert scratch.path.parent == tmp_path / "here"
    scratch.close()
    assert list((tmp_path / "here").iterdir()) == []


def test_a_call_without_files_makes_no_folder(scratch):
    files = CallFiles(scratch)
    files.remove()
    assert [path.name for path in scratch.path.iterdir()] == ["lock"]


def test_the_files_of_a_call_have_a_folder_of_their_own_and_go_with_it(scratch):
    calls = [CallFiles(scratch), CallFiles(scratch)]
    paths = [call.new_path(".bin") for call in calls for _ in range(2)]
    assert len(set(paths)) == 4
    folders = [os.path.dirname(path) for path in paths]
    assert folders[0] == folders[1] != folders[2] == folders[3]
    for path in paths:
        create(path).close()
    calls[0].remove()
    assert [os.path.exists(path) for path in paths] == [False, False, True, True]


def test_the_folder_of_the_server_is_made_again_where_a_cleaner_took_it(scratch):
    scratch.path.rename(scratch.path.with_name("taken"))
    create(CallFiles(scratch).new_path()).close()
    create(scratch.new_path()).close()


def test_removing_takes_whatever_is_there(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("a")
    (folder / "inner").mkdir(parents=True)
    for path in (file, folder, tmp_path / "nothing"):
        remove(str(path))
    remove("")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_logged(caplog):
    remove("/proc/self/status")
    assert "/proc/self/status cannot be removed" in caplog.text


@pytest.mark.parametrize("name", ["", ".", "..", "a/", "a/..", "\\..\\", "\n", " ", "\u2028"])
def test_a_name_that_names_nothing_becomes_one(name):
    assert base_name(name) == "file"
