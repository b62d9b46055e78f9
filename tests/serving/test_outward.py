"""What those who ask are told of what went wrong within the server."""

import pytest

from deepaas.serving.outward import outward


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/home/maria/My data/a.csv'",
            "FileNotFoundError: [Errno 2] No such file or directory: '…/a.csv'",
        ),
        ("cannot read /tmp/deepaas-x1/0/0.png: truncated", "cannot read …/0.png: truncated"),
        ("(sqlite3) /var/lib/deepaas/", "(sqlite3) …/deepaas"),
        ("see file:///etc/deepaas/deepaas.conf", "see …/deepaas.conf"),
        ("'sqlite:////var/a.db' and `/usr/lib`", "'…/a.db' and `…/lib`"),
        ("ask /v2/models/echo/ or http://host/usr/a", "ask /v2/models/echo/ or http://host/usr/a"),
        ("1/2 of a/b, either/or, ratio: 3 / 4", "1/2 of a/b, either/or, ratio: 3 / 4"),
        ("größer than 猫", "größer than 猫"),
    ],
)
def test_a_path_is_shortened_to_its_last_part(text, told):
    assert outward(text) == told


def test_a_traceback_within_a_text_is_left_out():
    text = (
        "RuntimeError: a worker failed:\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/a.py", line 1, in <module>\n'
        "    x = 1 / 0\n"
        "ZeroDivisionError: division by zero"
    )
    told = "RuntimeError: a worker failed:\nZeroDivisionError: division by zero"
    assert outward(text) == told
