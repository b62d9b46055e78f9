"""The tables. A change here needs a migration in ``migrations/versions``.

Moments are seconds since 1970, which SQLite and PostgreSQL keep alike.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()

# SQLite numbers rows by itself for this type alone.
_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")

training = sa.Table(
    "training",
    METADATA,
    sa.Column("number", _Number, primary_key=True, autoincrement=True),
    sa.Column("uuid", sa.String(32), nullable=False, unique=True),
    sa.Column("model", sa.Text, nullable=False, index=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False, index=True),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("resumed", sa.Double),
    sa.Column("started", sa.Double),
    sa.Column("finished", sa.Double),
    # JSON: what clients see of the arguments, what they had sent, and its files with checksums.
    sa.Column("arguments", sa.Text, nullable=False),
    sa.Column("sent", sa.Text, nullable=False),
    sa.Column("files", sa.Text, nullable=False),
    # JSON: what the model returned, and the last that it reported.
    sa.Column("output", sa.Text),
    sa.Column("progress", sa.Text),
    sa.Column("metrics", sa.Text),
    sa.Column("message", sa.Text, nullable=False),
    # The server that runs it, and whether another one was asked to cancel it.
    sa.Column("server", sa.String(32), index=True),
    sa.Column("cancel", sa.Boolean, nullable=False, server_default=sa.false()),
)

event = sa.Table(
    "event",
    METADATA,
    sa.Column("training", sa.String(32), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
)

server = sa.Table(
    "server",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started", sa.Double, nullable=False),
    sa.Column("seen", sa.Double, nullable=False),
)

promotion = sa.Table(
    "promotion",
    METADATA,
    sa.Column("number", _Number, primary_key=True, autoincrement=True),
    sa.Column("model", sa.Text, nullable=False, index=True),
    # None: what the model itself brings.
    sa.Column("training", sa.String(32)),
    sa.Column("time", sa.Double, nullable=False),
)

token = sa.Table(
    "token",
    METADATA,
    sa.Column("number", _Number, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False, index=True),
    # SHA-256 in hexadecimal digits; the token itself is not kept.
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double),
    sa.Column("used", sa.Double),
    sa.Column("revoked", sa.Double),
)
