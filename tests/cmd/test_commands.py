"""Commands as their users start them; other tests fork them, which is faster."""

import pytest

from tests.commands.forking import COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
async def test_options_that_do_not_exist_end_with_a_line_and_exit_code_2(launch, command):
    process = await launch(command, "--nonsense", anew=True)
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert b"Traceback" not in err
    *_, line = err.decode().splitlines()
    assert line.startswith(f"deepaas-{command}: error: ")
