"""The contracts show what they compare; workers import the package, and need not have pytest."""

import pytest

pytest.register_assert_rewrite(
    "tests.executors.contract", "tests.executors.endings", "tests.executors.streams"
)
