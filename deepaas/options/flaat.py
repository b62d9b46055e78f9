"""Whose access tokens of OpenID Connect count, and for what: the section ``[flaat]``."""

from __future__ import annotations

from oslo_config import cfg

GROUP = "flaat"
# Requirements, one option for each scope.
GRANTED = {
    "predict": "ask the models",
    "train": "train the models, and see and cancel their own trainings",
    "metrics": "read the metrics for Prometheus",
    "admin": "do everything",
}

flaat_opts = [
    cfg.ListOpt(
        "trusted_issuers",
        default=[],
        sample_default="https://aai.egi.eu/auth/realms/egi",
        help="Providers of OpenID Connect whose access tokens count with --auth flaat: their "
        "issuers, https:// URLs with commas between them. No other is ever asked.",
    ),
    *(
        cfg.ListOpt(
            scope,
            default=[],
            help=f"Who may {what}: groups, or entitlements such as "
            "urn:mace:egi.eu:group:vo.example.eu:role=member#aai.egi.eu, one of which a user has "
            "to have; '*' stands for everybody whom the issuers know.",
        )
        for scope, what in GRANTED.items()
    ),
    cfg.ListOpt(
        "claims",
        default=["eduperson_entitlement", "entitlements", "groups"],
        help="Where the issuers say which entitlements and groups a user has.",
    ),
    cfg.ListOpt(
        "audience",
        default=[],
        help="What tokens have to be made for, one of these. If not given, those count as well "
        "that users have shown to other services, which could then use them here.",
    ),
    cfg.StrOpt(
        "client_id",
        default="",
        help="With client_secret: the issuer is asked about each token as this client, by "
        "introspection (RFC 7662). Opaque tokens need it where an audience is given.",
    ),
    cfg.StrOpt("client_secret", default="", secret=True, help="See client_id."),
    cfg.StrOpt(
        "ca_file",
        default="",
        help="File with certificates of authorities of the issuers' servers, in PEM, which count "
        "beside those of the system.",
    ),
    cfg.FloatOpt(
        "timeout",
        default=5.0,
        min=0.1,
        help="Seconds that an issuer may take to tell of a token; then callers get 503.",
    ),
    cfg.FloatOpt(
        "cache_time",
        default=60.0,
        min=0,
        help="Seconds for which the same is taken to be true of a token without asking the issuer "
        "again, never longer than the token is valid. A token that the issuer revokes counts for "
        "so long.",
    ),
]
