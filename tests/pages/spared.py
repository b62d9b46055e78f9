"""What nobody can follow, and what would take too long."""

# By page: the first line of a block, or a command in one, and why it is not followed.
SPARED: dict[str, dict[str, str]] = {
    "doc/source/architecture.rst": {"deepaas/": "a tree of files"},
    "doc/source/cli.rst": {
        "deepaas-cli [options] [get_metadata | warm | predict | train] [--argument value …]": (
            "the form of all commands below it"
        ),
    },
    **{
        f"examples/{name}/README.md": {"pip install .": "the environment of the tests has it"}
        for name in ("diabetes", "languages", "writer")
    },
}
# Of commands and what they print: what is shorter in tests, and why.
QUICKER = {
    "epochs=10&longest=4": "epochs=1&longest=2",
    '"epochs":10,"longest":4': '"epochs":1,"longest":2',
}
