"""A small listing week, 2026-W20, for the demo and the tests. Every paper in it is made up by the authors of Triage.

`sample-week.jsonl` holds the papers in the shape of a harvested week, each with `made_up: true` and an id from a range
that no month of arXiv reaches (`2605.90001` and up). Hard cases are put in on purpose: papers that share only words
with a topic, a paper and its renamed copy, a withdrawn one, heavy LaTeX, a one-sentence abstract, an abstract that
tries to instruct the judge, and two papers held back by moderators.

`sample-judgements.jsonl` holds our own grades, one line per (paper, topic): `gr` is generative recommendation, `ae` is
agent evaluation; 3 is at the heart of the topic, 2 next to it, 1 about the wider field, 0 anything else. The withdrawn
paper has grade 0: nobody should be sent to it.
"""
