"""arXiv on a loopback port, offline: query API, OAI-PMH and feed, as its public server sources do, faults on demand.

`FakeArchive` holds the papers and lives through their changes; `FakeArxiv` serves it; `FAULTS` names what can go wrong.
"""
