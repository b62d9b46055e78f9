"""Content negotiation, after RFC 9110, section 12.5.1."""

import pytest

from deepaas.schema.accept import EVENTS, first_type, names_something, negotiate, streamed_as

OFFERED = ["application/json", "image/png", "text/plain", "audio/*"]


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("image/png, text/plain", "image/png"),
        ("text/plain, image/png", "text/plain"),
        ("text/plain;q=0.5, image/png", "image/png"),
        ("text/plain; q=0.5 , image/png ;q=0.7", "image/png"),
        ("video/mp4, image/png;q=0.1", "image/png"),
        ("*/*", "application/json"),
        ("*", "application/json"),
        ("image/*", "image/png"),
        ("audio/wav", "audio/*"),
        ("audio/*", "audio/*"),
        ("image/*, */*;q=0.1", "image/png"),
        ("text/*;q=0.9, */*;q=0.8", "text/plain"),
        # A browser's: anything is taken, text/html and images rather.
        ("text/html,application/xhtml+xml,image/avif,*/*;q=0.8", "application/json"),
        ("*/*, application/json;q=0", "image/png"),
        ("application/json;q=0, image/*;q=0, */*;q=0.1", "text/plain"),
        # What is more specific counts, not what comes first.
        ("*/*;q=1.0, image/png;q=0.2, application/json;q=0.1", "text/plain"),
        ("application/json;charset=utf-8", "application/json"),
        ("text/plain;q=nonsense", "text/plain"),
        ("text/plain;q=7, image/png", "text/plain"),
        ("", None),
        ("video/mp4", None),
        ("image/png;q=0", None),
        ("image", None),
        ("ima/*", None),
    ],
)
def test_the_client_gets_what_it_likes_best_of_what_is_offered(header, chosen):
    assert negotiate(header, OFFERED, "application/json") == chosen


def test_a_client_that_takes_anything_gets_the_default_wherever_it_stands():
    assert negotiate("*/*", OFFERED, "text/plain") == "text/plain"
    assert negotiate("*/*", OFFERED, "video/mp4") == "application/json"


@pytest.mark.parametrize(
    ("header", "something"),
    [("*/*", False), ("*", False), ("", False), ("*/*;q=0.8", False), ("*/*, a/b", True)],
)
def test_a_header_that_takes_anything_names_nothing(header, something):
    assert names_something(header) is something


def test_the_first_type_is_the_one_that_a_header_begins_with():
    assert first_type("Text/CSV;q=0.5, image/png") == "text/csv"


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", EVENTS),
        ("*/*", EVENTS),
        ("text/*", EVENTS),
        ("image/png", EVENTS),
        ("text/plain", "text/plain"),
        ("application/*", "application/x-ndjson"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/plain;q=0.1, application/jsonl;q=0.2", "application/jsonl"),
    ],
)
def test_the_form_of_a_stream_is_events_unless_another_is_wanted(header, chosen):
    assert streamed_as(header) == chosen
