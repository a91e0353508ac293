"""Measure zones: right on the reply fixtures beside other libraries, and messages a second on one core.

    python benchmarks/zones.py ../shared/data

Needs ``pip install mail-parser-reply email-reply-parser``, for measuring only. Writes ``benchmarks/results/zones.md``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import partnersignal
from partnersignal.cleaning import language, message_words, own_sentences, quoted_sentences, zoned
from partnersignal.conversations import planned, repeats, scan_messages
from partnersignal.conversations.words import unpack
from partnersignal.messages import Message
from partnersignal.reading import open_export, read_shard

ROOT = Path(__file__).parents[1]
ROUNDS = 10


def libraries() -> list[tuple[str, str, Callable[[str], str]]]:
    """Return name, version and the call that gives the latest reply."""
    from email_reply_parser import EmailReplyParser
    from mailparser_reply import EmailReplyParser as MailReplyParser
    from mailparser_reply.constants import MAIL_LANGUAGES

    every = MailReplyParser(languages=list(MAIL_LANGUAGES))

    def body(text: str) -> str:
        replies = every.read(text).replies
        return replies[0].body if replies else ""

    other = version("mail-parser-reply")
    return [
        ("partnersignal `new_text`", version("partnersignal"), partnersignal.new_text),
        ("mail-parser-reply `latest_reply`", other, lambda text: every.parse_reply(text) or ""),
        ("mail-parser-reply `replies[0].body`", other, body),
        ("email-reply-parser `parse_reply`", version("email-reply-parser"), EmailReplyParser.parse_reply),
    ]


Case = tuple[str, list[str]]  # a body, and the words expected of it


def written() -> list[Case]:
    """Return the replies written for this project."""
    cases = [json.loads(line) for line in (ROOT / "tests/data/replies.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(case["text"], _words(case["text"], case["new"])) for case in cases]


def _words(body: str, ranges: list[list[int]]) -> list[str]:
    lines = body.split("\n")
    return [word for first, last in ranges for word in "\n".join(lines[first - 1 : last]).split()]


def fixtures(data: Path) -> list[Case]:
    """Return bodies with the words expected of them."""
    found = []
    for name, ranges in json.loads((ROOT / "tests/data/reply_fixtures.json").read_text()).items():
        body = (data / "mail" / name).read_text(encoding="utf-8", errors="replace")
        found.append((body, _words(body, ranges)))
    return found


def compared(data: Path) -> list[str]:
    """Return the rows of the table of libraries."""
    public, own = fixtures(data), written()
    head = f"| library | version | right of {len(public)} | right of {len(own)} | seconds for {len(public)} |"
    rows = [head, "|---|---|---:|---:|---:|"]
    for name, number, reply in libraries():
        right = [sum(reply(body).split() == words for body, words in cases) for cases in (public, own)]
        start = time.process_time()
        for _ in range(ROUNDS):
            for body, _expected in public:
                reply(body)
        rows.append(f"| {name} | {number} | {right[0]} | {right[1]} | {(time.process_time() - start) / ROUNDS:.3f} |")
    return rows


def rates(data: Path) -> list[str]:
    """Return the rows of the table of steps over the mbox."""
    clock = time.process_time
    marks = [clock()]
    export = open_export(data / "enron.mbox")
    messages = [item for shard in export.shards for item in read_shard(shard, {}) if isinstance(item, Message)]
    marks.append(clock())
    clean = [zoned(message) for message in messages]
    marks.append(clock())
    for message in clean:
        own_sentences(message)
    marks.append(clock())
    read_and_cleaned = marks[-1] - marks[0]
    for message in clean:
        quoted_sentences(message)
    marks.append(clock())
    for message in clean:
        language(message.new_text)
    marks.append(clock())
    names = ["reading", "zones", "sentences", "quoted sentences (scan)", "language (tag)"]
    rows = [
        f"{len(messages)} messages, {len(messages) / read_and_cleaned:.0f} a second read and cleaned (reading, zones, "
        "sentences) on one core, in processor time.",
        "",
        "| step | seconds | messages a second |",
        "|---|---:|---:|",
    ]
    for name, start, end in zip(names, marks, marks[1:], strict=False):
        rows.append(f"| {name} | {end - start:.2f} | {len(messages) / (end - start):.0f} |")
    start = clock()
    scan = scan_messages(messages, message_words)
    rows.append(f"| scan, without reading | {clock() - start:.2f} | {len(messages) / (clock() - start):.0f} |")
    return [*rows, "", *thresholds(scan)]


def thresholds(scan) -> list[str]:
    """Return the table of what is boilerplate from how many repeats on."""
    rows = ["| repeats | paragraphs called boilerplate | different ones | messages with one |", "|---:|---:|---:|---:|"]
    chosen = repeats.LEAST_REPEATS
    for least in (2, 3, 4, 5):
        repeats.LEAST_REPEATS = least
        with TemporaryDirectory() as folder, planned([[scan]], Path(folder)) as plan:
            found = [unpack(packed.as_py()).tolist() for packed in plan.of_shard(0)["boilerplate"]]
        different = len({each for row in found for each in row})
        mark = " (chosen)" if least == chosen else ""
        rows.append(f"| {least}{mark} | {sum(map(len, found))} | {different} | {sum(map(bool, found))} |")
    repeats.LEAST_REPEATS = chosen
    return rows


def main() -> None:
    """Measure and write the page."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared/data")
    page = [
        "# Zones",
        "",
        "Made by `python benchmarks/zones.py`. 71 replies of two public projects (`shared/data/mail/reply-parser-*`); expected",
        "new words are line ranges in `tests/data/reply_fixtures.json`, settled by reading; right means word for word, white",
        "space aside. Then 250 replies in `tests/data/replies.jsonl`, written and labelled for this project by four writers",
        "(language-model agents) who saw neither the code nor each other's, harder than what one meets every day: traps,",
        "sixteen languages, ticket systems. The rules were mended with all of these in view: on other suites expect less.",
        "At first sight 42 of the first 70 were right (with the rules as they were), then, set by set, the rules mended with",
        "the sets before in view, 44, 49 and 49 of 60; the rules as they were before had 26, 33 and 33 of those.",
        "",
        *compared(data),
        "",
        "## Reading and cleaning `enron.mbox`",
        "",
        *rates(data),
        "",
    ]
    (ROOT / "benchmarks/results/zones.md").write_text("\n".join(page))
    print("\n".join(page))


if __name__ == "__main__":
    main()
