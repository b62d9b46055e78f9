"""Pytest as authors of models have it, without plugins that take long to import."""

UNNEEDED = (
    "anyio",
    "asyncio",
    "hypothesispytest",
    "pytest_cov",
    "schemathesis",
    "xdist",
    "xdist.looponfail",
)
BARE = {"PYTEST_ADDOPTS": " ".join(f"-p no:{plugin}" for plugin in UNNEEDED)}
