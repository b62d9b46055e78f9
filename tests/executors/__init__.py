import pytest

pytest.register_assert_rewrite(
    "tests.executors.contract", "tests.executors.endings", "tests.executors.streams"
)
