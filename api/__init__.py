"""HTTP for programs and people: every handler parses, makes one call into `triage`, and answers."""
