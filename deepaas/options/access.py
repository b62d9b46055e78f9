"""Who may ask."""

from __future__ import annotations

from oslo_config import cfg

WAYS = ("none", "tokens", "flaat")

access_opts = [
    cfg.ListOpt(
        "auth",
        default=["none"],
        metavar="WAYS",
        help="Who may ask: 'none' lets everybody who can reach the server do everything; 'tokens' "
        "those who show a token that deepaas-token has made in the same state directory or "
        "database; 'flaat' those who show an access token of OpenID Connect, as the section "
        "[flaat] says, and needs the extra deepaas[flaat]; 'tokens,flaat' both.",
    ),
    cfg.StrOpt(
        "tokens-file",
        default="",
        metavar="PATH",
        help="File with tokens, which are then needed whatever --auth says; it is read again when "
        "it changes. Each line is a name, a token or its SHA-256, scopes, and perhaps a date when "
        "it expires. Also DEEPAAS_TOKENS_FILE.",
    ),
    cfg.BoolOpt(
        "require-authentication",
        default=False,
        help="Refuse to listen anywhere but on the loopback interface without authentication.",
    ),
    cfg.ListOpt(
        "trusted-proxies",
        default=[],
        metavar="NETWORKS",
        help="Addresses and networks, with commas between, of proxies that are believed what they "
        "say in X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host and Forwarded about where "
        "requests come from. Each has to write or to remove all of these.",
    ),
    cfg.StrOpt(
        "audit-file",
        default="",
        metavar="PATH",
        help="File to append a line of JSON to for whatever is done to trainings, tokens and "
        "models, and by whom; - for standard error. If not given, that is not written down.",
    ),
]
