"""What nobody can follow, and what is typed otherwise by a test."""

# By page: the first line of a block, or a command in one, and why it is not followed.
SPARED: dict[str, dict[str, str]] = {
    "doc/source/architecture.rst": {"deepaas/": "a tree of files"},
    "doc/source/cli.rst": {
        "deepaas-cli [options] [get_metadata | warm | predict | train] [--argument value …]": (
            "the form of all commands below it"
        ),
    },
    "doc/source/kserve-grpc.rst": {
        "$ pip install 'deepaas[grpc]'": "a second port, which the terminal cannot stand for yet",
        "import numpy as np": "run in tests/foreign, where there is a client of Triton",
    },
    "doc/source/kserve-rest.rst": {
        "$ curl -H 'Inference-Header-Content-Length: 0' --data-binary @picture.png "
        "http://127.0.0.1:5000/v2/models/M/infer": "any model that takes a file",
    },
    "doc/source/observing.rst": {
        "sum by (model, status) "
        '(rate(deepaas_requests_total{route="/v2/models/{model}/predict"}[5m]))': (
            "for Grafana; tests/api/test_metrics.py holds the page to the metrics that there are"
        ),
        "2026-03-01 12:00:00,003 WARNING captions [4b1d6f0c2a9e-7]: no face in the picture": (
            "lines of a log"
        ),
    },
    "doc/source/migrating.rst": {
        "$ pip install './deepaas[legacy]'          # a clone of the repository": "your module"
    },
    "doc/source/trainings.rst": {
        "deepaas-run --database-url postgresql://user:password@host/name "
        "--state-dir /shared/deepaas": "other hosts",
    },
    **{
        f"examples/{name}/README.md": {"pip install .": "the environment of the tests has it"}
        for name in ("diabetes", "digits", "languages", "writer")
    },
}
# In consoles, for commands and what they print.
INSTEAD = {
    # Trainings are shorter, but long enough to be interrupted where they are.
    "epochs=1000": "epochs=100",
    '"epochs":1000': '"epochs":100',
    '"total":1000': '"total":100',
    "epochs=10&longest=4": "epochs=1&longest=2",
    '"epochs":10,"longest":4': '"epochs":1,"longest":2',
    # The page's own server, not anybody's.
    "$(pgrep -of 'deepaas-run --model-name digits')": "$SERVER",
}
