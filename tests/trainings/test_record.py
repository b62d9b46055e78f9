"""What clients see of a training."""

import datetime
import re
import uuid

import orjson
import pytest

from deepaas.files import UploadedFile
from deepaas.trainings.record import Status, Training, echo


def seen(training):
    return orjson.loads(orjson.dumps(training.as_json()))


@pytest.mark.parametrize(
    ("status", "finished"),
    [
        (Status.QUEUED, False),
        (Status.RUNNING, False),
        (Status.DONE, True),
        (Status.ERROR, True),
        (Status.CANCELLED, True),
        (Status.INTERRUPTED, True),
    ],
)
def test_a_training_has_finished_unless_it_waits_or_runs(status, finished):
    assert status.finished is finished
    assert seen(Training("shout", status=status))["status"] == status.name.lower()


def test_a_new_training_waits_and_has_a_date_and_32_digits():
    shown = seen(Training("shout", b'{"epochs":3}'))
    assert list(shown) == ["date", "args", "uuid", "status"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", shown["date"])
    assert re.fullmatch("[0-9a-f]{32}", shown["uuid"])
    assert (shown["args"], shown["status"]) == ({"epochs": 3}, "queued")


def test_a_finished_training_shows_output_date_and_duration():
    date = datetime.datetime(2024, 2, 29, 23, 59, 59).timestamp()  # noqa: DTZ001
    training = Training("shout", created=date, status=Status.DONE, output=b'{"loss":0.5}')
    training.finished = date + 25 * 3600 + 1e-6
    assert seen(training)["result"] == {
        "output": {"loss": 0.5},
        "finish_date": "2024-03-02 00:59:59.000001",
        "duration": "1 day, 1:00:00.000001",
    }


def test_dates_on_the_second_have_microseconds_too():
    date = datetime.datetime(2024, 2, 29).timestamp()  # noqa: DTZ001
    training = Training("shout", created=date, status=Status.DONE, finished=date + 60)
    assert seen(training)["date"] == "2024-02-29 00:00:00.000000"
    assert seen(training)["result"]["duration"] == "0:01:00.000000"


def test_a_training_that_was_resumed_has_taken_what_it_took_since_then():
    training = Training("shout", created=1e9, status=Status.DONE, resumed=2e9, finished=2e9 + 60.5)
    assert seen(training)["result"]["duration"] == "0:01:00.500000"


def test_progress_and_metrics_are_shown_once_a_training_has_told_them():
    training = Training("shout", progress=b'{"step":1}', metrics=b'{"loss":0.5}')
    assert seen(training)["progress"] == {"step": 1}
    assert seen(training)["metrics"] == {"loss": 0.5}


def test_details_are_those_that_are_known():
    new = Training("shout")
    assert list(new.in_detail()) == list(new.as_json())
    date = datetime.datetime(2024, 2, 29).timestamp()  # noqa: DTZ001
    training = Training("shout", version="1.2", caller="192.0.2.1", started=date, finished=date + 1)
    known = training.in_detail()
    assert (known["version"], known["caller"]) == ("1.2", "192.0.2.1")
    assert known["started"] == "2024-02-29 00:00:00.000000"
    assert known["finished"] == "2024-02-29 00:00:01.000000"


def test_a_failed_training_shows_why_and_no_result():
    shown = seen(Training("shout", status=Status.ERROR, message="it failed"))
    assert shown["message"] == "it failed"
    assert "result" not in shown


def test_arguments_are_shown_in_their_order_with_files_by_name():
    file = UploadedFile("data", "/somewhere/1.csv", "text/csv", "d.csv")
    arguments = {
        "z": 1,
        "data": file,
        "files": [file, file],
        "day": datetime.date(2024, 2, 29),
        "id": uuid.UUID(int=1),
        "odd": 1j,
        "a": [1.5, None],
    }
    shown = orjson.loads(echo(arguments))
    assert list(shown) == list(arguments)
    name = ["data", "text/csv", "d.csv"]
    assert shown == {
        "z": 1,
        "data": name,
        "files": [name, name],
        "day": "2024-02-29",
        "id": "00000000-0000-0000-0000-000000000001",
        "odd": "1j",
        "a": [1.5, None],
    }
