"""`python -m triage`: the command, where its script is not on the path."""

from triage.cli import main

main()
