"""arXiv's OAI-PMH server: lists cut by (modtime, id), tokens that are row offsets, errors kept until UTC midnight.

After the public source arXiv/oaipmh, quirks included: a page shows its records by (datestamp, id), and its `<request>`
names the `from` of the next page. Only `arXivRaw` is written out.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode
from xml.sax.saxutils import escape, quoteattr

import msgspec

from triage.adapters.fake_arxiv.answer import Answer
from triage.adapters.fake_arxiv.archive import Deposit, FakeArchive
from triage.adapters.fake_arxiv.faults_oai import OAI_RECORD
from triage.adapters.fake_arxiv.oai_text import IDENTIFY, render_header, render_record, wrap
from triage.adapters.fake_arxiv.sets import is_set
from triage.core.paper import parse_arxiv_id

EARLIEST = date(2005, 9, 16)
PREFIX = "oai:arXiv.org:"
_HEADERS = {"Content-Type": "application/xml"}
_PREFIXES = {"arXivRaw", "arXiv", "arXivOld", "oai_dc"}
_LIST_ARGUMENTS = {"verb", "metadataPrefix", "from", "until", "set"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_OPEN_WINDOW_KEPT = timedelta(hours=1)


class PageSizes(msgspec.Struct, frozen=True):
    """How many records and how many headers one page holds; arXiv's own by default."""

    records: int = 2500
    headers: int = 20_000


class OaiError(Exception):
    """An error of the protocol: its code and a text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class _ListRequest(NamedTuple):
    """A list request, from parameters or from a token; `token` is the one it came by."""

    params: dict[str, str]  # without token and skip
    skip: int = 0
    token: str = ""

    @property
    def is_short(self) -> bool:
        """Headers without records."""
        return self.params["verb"] == "ListIdentifiers"


class _Kept(NamedTuple):
    answer: Answer
    until: datetime


class OaiServer:
    """Answers from an archive, by its clock; `caches` keeps open windows for an hour, as the edge does."""

    def __init__(self, archive: FakeArchive, url: str, sizes: PageSizes = PageSizes(), *, caches: bool = False) -> None:  # noqa: B008 -- frozen
        self.archive = archive
        self._url = url
        self._sizes = sizes
        self._caches = caches
        self._kept: dict[str, _Kept] = {}  # by query string
        self._issued: dict[str, date] = {}  # token: the day it holds good

    def answer(self, query: str, spoiled: Mapping[str, str]) -> Answer:
        """Answer a query string; `spoiled` names ids and what is wrong with their records."""
        kept = self._kept.get(query)
        if kept is not None and self.archive.now < kept.until:
            return replace(kept.answer, headers=dict(_HEADERS))
        try:
            return self._respond(query, spoiled)
        except OaiError as error:
            body = self._write_error(error)
            answer = Answer(body, headers=dict(_HEADERS), render=lambda _shift: body)
            if error.code != "badResumptionToken":  # a list begun anew may give the same token again
                self._kept[query] = _Kept(replace(answer), _midnight_after(self.archive.now))
            return answer

    def _respond(self, query: str, spoiled: Mapping[str, str]) -> Answer:
        params = _read_params(query)
        verb = params.get("verb")
        if verb in {"ListRecords", "ListIdentifiers"}:
            answer = self._answer_list(self._read_request(params), spoiled)
            if self._caches and "until" not in params:
                self._kept[query] = _Kept(replace(answer), self.archive.now + _OPEN_WINDOW_KEPT)
            return answer
        if verb == "GetRecord":
            record = self._get(params, spoiled)
            return Answer(self._wrap(params, f"<GetRecord>{record}</GetRecord>"), headers=dict(_HEADERS))
        if verb == "Identify":
            text = IDENTIFY.format(url=self._url, earliest=EARLIEST)
            return Answer(self._wrap(params, text), headers=dict(_HEADERS))
        raise OaiError("badVerb", "Value of the verb argument is not a legal OAI-PMH verb.")

    def _get(self, params: Mapping[str, str], spoiled: Mapping[str, str]) -> str:
        if params.keys() != {"verb", "identifier", "metadataPrefix"} or not params["identifier"].startswith(PREFIX):
            raise OaiError("badArgument", "Parameters provided did not match expected.")
        if params["metadataPrefix"] != "arXivRaw":
            raise OaiError("cannotDisseminateFormat", "Did not recognize requested format")
        try:
            arxiv_id = parse_arxiv_id(params["identifier"]).id
        except ValueError as error:
            raise OaiError("badArgument", "Invalid identifier") from error
        if self.archive.find(arxiv_id) is None:
            raise OaiError("idDoesNotExist", "Nothing found for this ID")
        return _spoil(render_record(self.archive[arxiv_id]), spoiled.get(arxiv_id))

    def _read_request(self, params: dict[str, str]) -> _ListRequest:
        request = _ListRequest(params)
        if "resumptionToken" in params:
            if params.keys() != {"verb", "resumptionToken"}:
                raise OaiError("badArgument", "No other paramters allowed with resumptionToken")
            request = self._read_token(params["resumptionToken"])
            if request.params.get("verb") != params["verb"]:
                raise OaiError("badResumptionToken", "token from different verb")
        self._check(request)
        return request

    def _read_token(self, token: str) -> _ListRequest:
        params = {key: values[0] for key, values in parse_qs(unquote(token)).items()}
        skip = params.pop("skip", "")
        if not skip.isdecimal() or self._issued.get(token, date.max) < self.archive.now.date():
            raise OaiError("badResumptionToken", "The value of the resumptionToken argument is invalid or expired.")
        return _ListRequest(params, int(skip), token)

    def _check(self, request: _ListRequest) -> None:
        params = request.params
        if params.keys() - _LIST_ARGUMENTS or "metadataPrefix" not in params:
            raise OaiError("badArgument", "metadataPrefix required; allowed besides: from, until, set.")
        prefix = params["metadataPrefix"]
        if prefix not in _PREFIXES or (prefix != "arXivRaw" and not request.is_short):
            raise OaiError("cannotDisseminateFormat", "Did not recognize requested format")
        if "set" in params and not is_set(params["set"]):
            raise OaiError("badArgument", "Set does not exist")
        start, end = self._read_window(params)
        if start > end:
            raise OaiError("badArgument", "until date must be greater than or equal to from date")
        if start < EARLIEST:
            raise OaiError("badArgument", "start date too early")
        if _end(end) > self.archive.now + timedelta(days=1):
            raise OaiError("badArgument", "until date too late")

    def _read_window(self, params: Mapping[str, str]) -> tuple[date, date]:
        """First and last day; without `until` the last one is today."""
        today = self.archive.now.date()
        return _read_day(params.get("from"), EARLIEST), _read_day(params.get("until"), today)

    def _answer_list(self, request: _ListRequest, spoiled: Mapping[str, str]) -> Answer:
        def render(shift: int) -> bytes:
            try:
                return self._write_page(request._replace(skip=max(0, request.skip + shift)), spoiled)
            except OaiError as error:
                if shift == 0:
                    raise
                return self._write_error(error)

        token = self._issue(request.params, request.skip)
        return Answer(render(0), headers=dict(_HEADERS), render=render, token=token)

    def _write_page(self, request: _ListRequest, spoiled: Mapping[str, str]) -> bytes:
        limit = self._sizes.headers if request.is_short else self._sizes.records
        start, end = self._read_window(request.params)
        found = self.archive.list_changes(
            request.params.get("set", ""), _begin(start), _end(end), request.skip, limit + 1
        )
        if not found:
            raise OaiError("noRecordsMatch", "The combination of the arguments results in an empty list.")
        shown = sorted(found[:limit], key=lambda one: (one.datestamp, one.paper.arxiv_id))
        write = render_header if request.is_short else render_record
        parts = [_spoil(write(one), spoiled.get(one.paper.arxiv_id)) for one in shown] if spoiled else map(write, shown)
        following, token = self._continue(request, found, limit)
        echo = {"resumptionToken": request.token, **following} if request.token else following
        verb = request.params["verb"]
        return self._wrap(echo, f"<{verb}>{''.join(parts)}{token}</{verb}>")

    def _continue(self, request: _ListRequest, found: list[Deposit], limit: int) -> tuple[dict[str, str], str]:
        """The parameters that the next page is asked by, and the token element that says so."""
        if len(found) <= limit:
            return request.params, "<resumptionToken/>" if request.token else ""
        first_day, last_day = found[0].datestamp, found[limit].datestamp
        following, skip = request.params, request.skip + limit
        if first_day != last_day:
            following = {**request.params, "from": last_day.isoformat()}
            skip = sum(one.datestamp == last_day for one in found[:limit])
        token = self._issue(following, skip)
        expires = f"{_midnight_after(self.archive.now):%Y-%m-%dT%H:%M:%SZ}"
        return following, f"<resumptionToken expires='{expires}'>{escape(token)}</resumptionToken>"

    def _issue(self, params: Mapping[str, str], skip: int) -> str:
        token = quote(urlencode({**params, "skip": skip}))
        self._issued[token] = self.archive.now.date()
        return token

    def _write_error(self, error: OaiError) -> bytes:
        return self._wrap({}, f'<error code="{error.code}">{escape(str(error))}</error>')

    def _wrap(self, params: Mapping[str, str], text: str) -> bytes:
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in params.items())
        return wrap(f"{self.archive.now:%Y-%m-%dT%H:%M:%SZ}", attributes, self._url, text)


def _read_params(query: str) -> dict[str, str]:
    values = parse_qs(query, keep_blank_values=True)
    if any(len(given) > 1 for given in values.values()):
        raise OaiError("badArgument", "Duplicate parameters not allowed")
    return {name: given[0] for name, given in values.items()}


def _read_day(text: str | None, default: date) -> date:
    if text is None:
        return default
    problem = OaiError("badArgument", "date format must be YYYY-MM-DD")
    if not _DAY.fullmatch(text):
        raise problem
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise problem from error


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), UTC)


def _midnight_after(moment: datetime) -> datetime:
    return _begin(moment.date() + timedelta(days=1))


def _spoil(text: str, fault: str | None) -> str:
    if fault not in OAI_RECORD:
        return text
    answer = Answer(text.encode())
    OAI_RECORD[fault](answer)
    return answer.body.decode()
