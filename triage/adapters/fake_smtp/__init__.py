"""A mail server on a loopback port that takes every message and sends none on, with faults on demand.

`FakeSmtp` serves; `FAULTS` names what can go wrong.
"""
