"""Trainings, their events, the servers that run them, and what was promoted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "training",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("uuid", sa.String(32), nullable=False, unique=True),
        sa.Column("model", sa.Text, nullable=False, index=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False, index=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("resumed", sa.Double),
        sa.Column("started", sa.Double),
        sa.Column("finished", sa.Double),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("sent", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
        sa.Column("output", sa.Text),
        sa.Column("progress", sa.Text),
        sa.Column("metrics", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("server", sa.String(32), index=True),
        sa.Column("cancel", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "event",
        sa.Column("training", sa.String(32), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_table(
        "server",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
    )
    op.create_table(
        "promotion",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("model", sa.Text, nullable=False, index=True),
        sa.Column("training", sa.String(32)),
        sa.Column("time", sa.Double, nullable=False),
    )
