"""`triage digest`: the week's mail as a preview, without the links that are a reader's own."""

from pathlib import Path
from typing import Final, get_args

import click

from triage.bootstrap import Services
from triage.cli.export import hand_out
from triage.cli.session import WEEK, json_option, run_with_services
from triage.core.week import Week
from triage.digest.compose import compose_digest
from triage.digest.records import Digest, Format, Links
from triage.digest.render import render_digest, render_markdown
from triage.digest.words import LANGUAGES
from triage.mailing.message import Letter, make_message_id, name_domain, name_sender, write_message
from triage.reading.shortlists import encode_indented

_FORMS: Final[tuple[Format, ...]] = get_args(Format)
_NOBODY = "reader@example.org"


@click.command()
@click.option("--week", type=WEEK, required=True, help="An ISO week, such as 2026-W31.")
@click.option("--topic", "topics", multiple=True, help="A topic of the rubric; all when left out. May be repeated.")
@click.option("--format", "form", type=click.Choice(_FORMS), help="That of --output's name, else text.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="en when left out.")
@click.option("--size", type=click.IntRange(min=1), help="Places per topic; the whole list when left out.")
@click.option("--output", type=click.Path(path_type=Path), help="Write it to this file.")
@json_option
def digest(  # noqa: PLR0913 - one parameter per option
    *,
    week: Week,
    topics: tuple[str, ...],
    form: Format | None,
    language: str,
    size: int | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show the week's mail as readers get it, without the links that are a reader's own.

    The lists are those that were made last; they are not made anew. Its links begin with TRIAGE_PUBLIC_URL.

    \b
    Example:
      triage digest --week 2026-W31
      triage digest --week 2026-W31 --topic agent-evaluation --output week31.html
    """

    async def work(services: Services) -> bytes:
        chosen = topics or tuple(topic.name for topic in services.rubric.topics)
        composed = await compose_digest(services.library, str(week), chosen, language, size)
        return encode_indented(composed) if as_json else _write(composed, form or _read_form(output), services)

    hand_out(run_with_services(work), output)


def _read_form(output: Path | None) -> Format:
    form = "" if output is None else output.suffix.removeprefix(".")
    return form if form in _FORMS else "text"


def _write(composed: Digest, form: Format, services: Services) -> bytes:
    links = Links(services.settings.public_url)
    if form == "md":
        return render_markdown(composed, links).encode()
    rendered = render_digest(composed, links)
    if form != "eml":
        return (rendered.text if form == "text" else rendered.html).encode()
    settings = services.settings
    return write_message(
        Letter(
            sender=name_sender(settings.mail_from, settings.public_url),
            recipient=_NOBODY,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            date=services.clock(),
            message_id=make_message_id("preview", composed.week, _NOBODY, name_domain(settings.public_url)),
            language=composed.language,
        )
    )
