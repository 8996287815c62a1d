"""An OpenAI-compatible endpoint on a loopback port, offline: it judges by a rule, and faults come on demand.

`script` holds the honest answers, `FAULTS` names what can go wrong, `FakeJudge` serves both and keeps a log.
"""
