"""Stores of tokens on each database that can be used, and a provider of OpenID Connect."""

from __future__ import annotations

import pytest

from deepaas.auth.store import TokenStore
from tests.auth.users import (  # noqa: F401 - fixtures
    authority,
    ca_file,
    clock,
    issuer,
    opened,
    running,
    users,
)
from tests.trainings.conftest import (  # noqa: F401 - fixtures
    database,
    database_url,
    postgres_server,
    postgres_url,
)


@pytest.fixture
def store(database) -> TokenStore:  # noqa: F811
    """A store without tokens."""
    return TokenStore(database)
