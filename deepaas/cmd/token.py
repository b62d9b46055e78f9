"""``deepaas-token``: makes, lists and revokes tokens."""

from __future__ import annotations

import argparse
import asyncio
import os
import pwd
import shlex
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from deepaas import config
from deepaas.audit import open_audit
from deepaas.auth.by_tokens import VALID
from deepaas.auth.expiry import date_of, parse_lapse
from deepaas.auth.opening import token_store
from deepaas.auth.scopes import Scopes, parse_scopes
from deepaas.auth.tokens import Token, checked_name, hashed, new_token
from deepaas.cmd.address import curl_options, url_of
from deepaas.cmd.errors import end
from deepaas.exceptions import ConfigurationError, DeepaasError
from deepaas.settings import Settings
from deepaas.tls.certificate import certificate_of

PROG = "deepaas-token"
DESCRIPTION = "Make, list and revoke the tokens that callers of deepaas-run --auth tokens show."
SCOPES = "predict, train, metrics or admin, with commas between them; for one model: predict:digits"
EPILOG = """\
scopes:
  predict   ask models for predictions
  train     start trainings, and see, cancel, resume and promote one's own
  metrics   read /metrics
  admin     everything: trainings of others, loading and unloading, /v2/debug/

examples:
  deepaas-token create ci --scopes predict --expires 30d
  deepaas-token create maria --scopes predict,train:digits
  TOKEN=$(deepaas-token create prometheus --scopes metrics)
  deepaas-token list
  deepaas-token revoke ci
  deepaas-token list --database-url postgresql://user:password@host/name
"""
COLUMNS = ("NAME", "SCOPES", "STATE", "CREATED", "EXPIRES", "LAST USED")

Asked = argparse.Namespace


def main(argv: Sequence[str] | None = None) -> None:
    """Do what is asked.

    Args:
        argv: command-line arguments without the program's name; None for those of the process.

    Raises:
        SystemExit: 2 where it cannot be done.
    """
    parser = _parser()
    asked = parser.parse_args(argv)
    try:
        settings = _settings(asked)
        run: Callable[[Asked, Settings], Coroutine[Any, Any, None]] = asked.run
        asyncio.run(run(asked, settings))
    except KeyboardInterrupt:
        sys.exit(130)
    except DeepaasError as error:
        end(PROG, 2, str(error))


def _parser() -> argparse.ArgumentParser:
    where = _Parser(add_help=False)
    for option, metavar, text in (
        ("--state-dir", "PATH", "state directory of the server; its usual one if not given"),
        ("--database-url", "URL", "database of the server, if it is not in the state directory"),
        ("--config-file", "PATH", "configuration file of the server, which may name these"),
        ("--config-dir", "PATH", "folder with such files"),
        ("--audit-file", "PATH", "where the server writes down who did what, if it does"),
    ):
        where.add_argument(option, metavar=metavar, help=text)
    parser = _Parser(
        PROG,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create", parents=[where], help="make a token, and print it once")
    create.set_defaults(run=_create)
    create.add_argument("name", metavar="NAME", type=_told(checked_name), help="whom it is for")
    create.add_argument(
        "--scopes", metavar="SCOPES", type=_told(parse_scopes), required=True, help=SCOPES
    )
    create.add_argument(
        "--expires",
        metavar="WHEN",
        type=_told(parse_lapse),
        help="a date such as 2030-01-31, or a time from now such as 30d (w, d, h, m); never if not "
        "given",
    )
    listing = commands.add_parser("list", parents=[where], help="list tokens; none is shown")
    listing.set_defaults(run=_list)
    listing.add_argument("--all", action="store_true", help="revoked ones as well")
    revoke = commands.add_parser(
        "revoke", parents=[where], help="let a token count no more, from now on"
    )
    revoke.set_defaults(run=_revoke)
    revoke.add_argument("name", metavar="NAME", help="of the token")
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        end(PROG, 2, f"{message}; see {self.prog} --help")


def _told(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Make argparse say why a value does not fit."""

    def told(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return told


def _settings(asked: Asked) -> Settings:
    """Return what a server with these options would do; it may be told by the environment, too."""
    options = ("state_dir", "database_url", "config_file", "config_dir", "audit_file")
    given = [
        f"--{name.replace('_', '-')}={value}" for name in options if (value := vars(asked)[name])
    ]
    config.register(config.CONF)
    config.parse(config.CONF, given, PROG)
    return Settings.from_conf(config.CONF, ())


@contextmanager
def _written_down(settings: Settings, action: str, token: str, **about: str) -> Iterator[None]:
    """Write down who does something to a token, and whether it could be done."""
    audit = open_audit(settings.audit_file)
    result = "failed"
    try:
        yield
        result = "done"
    finally:
        audit.write(action, f"local:{_user()}", token=token, **about, result=result)
        audit.close()


def _user() -> str:
    """Return the name of who runs this; the number of one that has none, as in containers."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


async def _create(asked: Asked, settings: Settings) -> None:
    scopes: Scopes = asked.scopes
    token = new_token()
    made = Token(asked.name, hashed(token), scopes, asked.expires)
    if made.expired:
        raise ConfigurationError(f"argument --expires: {date_of(made.expires)} is over already")
    with _written_down(settings, "token.create", made.name, scopes=str(scopes)):
        async with token_store(settings) as store:
            await store.add(made)
    # The token alone goes to standard output, for scripts.
    print(token, flush=True)
    until = f" until {date_of(made.expires)}" if made.expires else ""
    print(
        f"\n{made.name} may {scopes}{until}. The token is shown this once. With it as TOKEN:\n"
        f'  curl -H "Authorization: Bearer $TOKEN" {_place(settings)}',
        file=sys.stderr,
    )


def _place(settings: Settings) -> str:
    """Return what curl has to be told to list the models of the server."""
    where = settings.listen_ip, settings.listen_port
    path = f"{settings.base_path}/v2/models/"
    try:
        certificate = certificate_of(settings)
    except ConfigurationError:
        # Its key may be there for the server's user alone.
        return f"https://{where[0]}:{where[1]}{path}"
    pair = certificate.pair if certificate else None
    return shlex.join([url_of(*where, pair) + path, *curl_options(*where, pair, settings.tls_cert)])


async def _list(asked: Asked, settings: Settings) -> None:
    async with token_store(settings) as store:
        tokens = await store.all()
    rows = [
        (
            *(one.name, str(one.scopes), one.state),
            *map(date_of, (one.created, one.expires, one.used)),
        )
        for one in tokens
        if asked.all or one.revoked is None
    ]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    for row in (COLUMNS, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


async def _revoke(asked: Asked, settings: Settings) -> None:
    with _written_down(settings, "token.revoke", asked.name):
        async with token_store(settings) as store:
            await store.revoke(asked.name)
    # By then no server counts it any more.
    await asyncio.sleep(VALID)
    print(f"{asked.name} is revoked")


if __name__ == "__main__":
    main()
