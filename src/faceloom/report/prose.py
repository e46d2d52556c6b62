"""Model cards on the page: the little Markdown that they use, as HTML; everything else stays text."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator


def html(text: str) -> Markup:
    """Headings, paragraphs, lists, tables, `code` and **bold** of a Markdown text; all else is escaped.

    The YAML between `---` at the top of a model card is for machines and is left out.
    """
    body = re.sub(r"\A---\n.*?\n---\n", "", text.lstrip(), flags=re.DOTALL)
    body = re.sub(r"\n[ \t]+(?![-*] |[|\s])", " ", body)  # an indented line goes on with the item above
    blocks = re.split(r"\n\s*\n", body.strip())
    return Markup("\n").join(piece for block in blocks for piece in _block(block.splitlines()))


def _block(lines: list[str]) -> Iterator[Markup]:
    for kind, group in groupby(lines, _kind):
        yield _RENDER[kind](list(group))


def _kind(line: str) -> str:
    for kind, pattern in (("heading", r"#+ "), ("list", r"\s*[-*] "), ("table", r"\s*\|")):
        if re.match(pattern, line):
            return kind
    return "paragraph"


def _headings(lines: list[str]) -> Markup:
    return Markup("").join(Markup("<h4>{}</h4>").format(_inline(line.lstrip("# "))) for line in lines)


def _list(lines: list[str]) -> Markup:
    items = (Markup("<li>{}</li>").format(_inline(re.sub(r"^\s*[-*] ", "", line))) for line in lines)
    return Markup("<ul>{}</ul>").format(Markup("").join(items))


def _table(lines: list[str]) -> Markup:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in row))
        for row in rows
    )
    return Markup('<div class="scroll"><table><tbody>{}</tbody></table></div>').format(body)


def _paragraph(lines: list[str]) -> Markup:
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _inline(text: str) -> Markup:
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", marked))  # noqa: S704  escaped above


_RENDER = {"heading": _headings, "list": _list, "table": _table, "paragraph": _paragraph}
