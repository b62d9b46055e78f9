"""A provider of OpenID Connect for those who attack it."""

from tests.auth.users import (  # noqa: F401 - fixtures
    authority,
    ca_file,
    clock,
    issuer,
    opened,
    running,
    users,
)
