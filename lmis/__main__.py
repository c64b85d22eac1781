"""`python -m lmis` is the `lmis` command."""

from lmis.cli import app

app(prog_name="lmis")
