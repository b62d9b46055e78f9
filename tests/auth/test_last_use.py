"""When tokens were last shown."""

import time

from deepaas.auth.by_tokens import TokenAuthenticator
from deepaas.auth.last_use import LastUse
from deepaas.auth.scopes import parse_scopes
from deepaas.auth.tokens import Token, hashed, new_token


async def test_when_a_token_was_last_shown_is_kept(store):
    shown, never = new_token(), new_token()
    for name, token in (("shown", shown), ("never", never)):
        await store.add(Token(name, hashed(token), parse_scopes("predict")))
    use = LastUse(store)
    authenticator = TokenAuthenticator([store], use.note)
    before = time.time()
    async with use.kept():
        for _ in range(3):
            await authenticator.identify(shown, "")
    used, unused = await store.all()
    assert before <= used.used <= time.time()
    assert unused.used is None


async def test_of_several_servers_the_latest_use_counts(store):
    token = Token("ci", hashed(new_token()), parse_scopes("predict"))
    await store.add(token)
    await store.note_use({token.hash: 20.0})
    await store.note_use({token.hash: 10.0})
    assert [one.used for one in await store.all()] == [20.0]
