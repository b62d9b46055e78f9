"""What schemathesis cannot know: read by its command, see ``test_schemathesis``."""

import json

import schemathesis
from hypothesis import strategies

NAMES = strategies.text("abc", min_size=1)
VALUES = strategies.none() | strategies.booleans() | strategies.integers() | NAMES

schemathesis.openapi.format("json", strategies.dictionaries(NAMES, VALUES).map(json.dumps))
schemathesis.openapi.format("time", strategies.times().map(lambda one: one.isoformat()))
schemathesis.openapi.format("url", NAMES.map("https://example.org/{}".format))
