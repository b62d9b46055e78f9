"""Records become lines."""

import json
import logging
import sys

import pytest

from deepaas import calls, log
from deepaas.calls import Call


def record(message, *args, **more):
    made = logging.LogRecord("a.logger", logging.WARNING, __file__, 1, message, args, None)
    made.__dict__.update(more)
    return made


def failure():
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        return sys.exc_info()


def text(*args, **more):
    return log.formatter("text").format(record(*args, **more))


def fields(*args, model="", **more):
    line = log.formatter("json", model).format(record(*args, **more))
    assert "\n" not in line
    return json.loads(line)


def test_a_line_of_text_names_level_logger_and_request():
    assert text("just %s", "right").endswith(" WARNING a.logger: just right")
    with calls.done_for(Call("one-2")):
        assert text("just %s", "right").endswith(" WARNING a.logger [one-2]: just right")


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        ("a\n2026-01-01 00:00:00,000 INFO    b: c", "a\n  2026-01-01 00:00:00,000 INFO    b: c"),
        ("a\r\nb", "a\\r\n  b"),
        ("a\x1b[31mb\x00\x7f\x9b", "a\\x1b[31mb\\x00\\x7f\\x9b"),
        ("a\u2028b\x85\x0b\x0c", "a\\u2028b\\x85\\x0b\\x0c"),
        ("\udcff", "\\udcff"),
        ("größer\t猫", "größer\t猫"),
    ],
)
def test_what_a_client_sends_cannot_forge_a_line_of_text(sent, logged):
    assert text("%s", sent).endswith(f" WARNING a.logger: {logged}")


def test_a_traceback_is_indented():
    first, *others = text("it failed", exc_info=failure()).splitlines()
    assert first.endswith("it failed")
    assert others[0] == "  Traceback (most recent call last):"
    assert others[-2:] == ["  ValueError: first", "  second"]


def test_a_json_line_has_what_is_known():
    found = fields("just\n%s", "right")
    assert found.pop("time").endswith("Z")
    assert found.pop("process") > 1
    assert found == {"level": "WARNING", "logger": "a.logger", "message": "just\nright"}


def test_a_json_line_names_request_model_and_trace():
    trace = "0af7651916cd43dd8448eb211c80319c"
    with calls.done_for(Call("one", "captions", (f"00-{trace}-b7ad6b7169203331-01",))):
        found = fields("said")
    assert (found["request_id"], found["model"], found["trace_id"]) == ("one", "captions", trace)
    # A worker has but one model.
    assert fields("said", model="own")["model"] == "own"


def test_a_json_line_holds_a_traceback_and_where_a_record_comes_from():
    found = fields("it failed", exc_info=failure(), stack_info="Stack:\n  here")
    assert found["exception"].startswith("Traceback (most recent call last):")
    assert found["exception"].endswith("ValueError: first\nsecond")
    assert found["stack"] == "Stack:\n  here"


def test_a_json_line_can_be_made_of_anything():
    assert fields("%s", "\udcff")["message"] == "\\udcff"
    assert fields(object())["message"].startswith("<object")


# Calls


def test_what_several_share_is_done_for_all_of_them():
    one, two = Call("a", "m", ("t1",)), Call("b", "m", ("t2",))
    assert calls.together([one]) is one
    assert calls.together([one, two, calls.NOBODY]) == Call("a,b", "m", ("t1", "t2"))


def test_a_context_for_nobody_is_free_of_who_made_it():
    with calls.done_for(Call("a")):
        context = calls.context_for()
        assert calls.current().request_id == "a"
    assert context.run(calls.current) is calls.NOBODY
