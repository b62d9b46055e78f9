"""Pages of the documentation, followed to the letter from top to bottom, each in an empty folder.

What an author of a page has to know is ``HOW``, which a test that fails shows as well.
"""

HOW = """
How pages are followed (tests/pages): block after block, in a folder that is the page's own and
looks like a clone of the repository (doc/source/examples and examples are there).

* `console`: commands begin with "$ " and are typed. What is shown below one has to come, with …
  for what differs each time; one below which nothing is shown has to succeed. `deepaas-run` runs
  in the background, on a free port in place of 5000 (or of that of --listen-port), until the next
  one on its port. `pip install` works without a network.
* `python` with `:caption: name.py` (in Markdown a first line `# name.py`), or a literalinclude, is
  written to that file, which a command below has to use. Without, it is run in the page's own
  interpreter, and each `print(…)  # text` has to print that text.
* `ini` is read by the parser of deepaas-run: its options have to exist. `toml`, `yaml` and `json`
  have to be readable. With a caption they are files, too.
* A literalinclude of a file in deploy/ is followed by tests/deploy, where it has to be named.

Write a block that cannot be followed so that it can be. Where that is impossible (other hosts,
placeholders), name it in SPARED of tests/pages/spared.py, with the reason. INSTEAD there makes
trainings shorter.
"""
