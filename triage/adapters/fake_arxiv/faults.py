"""Every fault by name, and which of them fit which kind of answer."""

from typing import Literal

from triage.adapters.fake_arxiv.answer import Alteration
from triage.adapters.fake_arxiv.faults_feed import FEED
from triage.adapters.fake_arxiv.faults_oai import OAI, OAI_ENVELOPE, OAI_HEADER, OAI_LIST, OAI_RECORD
from triage.adapters.fake_arxiv.faults_query import QUERY
from triage.adapters.fake_arxiv.faults_wire import WIRE

Kind = Literal["oai-records", "oai-headers", "oai-record", "query", "feed"]
"""What was asked for: ListRecords, ListIdentifiers, GetRecord and the rest of OAI-PMH, the query API, a feed."""

FAULTS: dict[str, Alteration] = {**WIRE, **QUERY, **OAI, **FEED}
FITTING: dict[Kind, dict[str, Alteration]] = {
    "oai-records": {**WIRE, **OAI},
    "oai-headers": {**WIRE, **OAI_LIST, **OAI_ENVELOPE, **OAI_HEADER},
    "oai-record": {**WIRE, **OAI_ENVELOPE, **OAI_HEADER, **OAI_RECORD},
    "query": {**WIRE, **QUERY},
    "feed": {**WIRE, **FEED},
}
