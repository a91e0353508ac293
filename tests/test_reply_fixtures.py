"""The reply fixtures of public projects, which stay in ../shared: expected new words are line ranges."""

import json
from pathlib import Path

from partnersignal import new_text

EXPECTED = json.loads((Path(__file__).parent / "data" / "reply_fixtures.json").read_text())
LEAST = 0.95


def words(text: str) -> list[str]:
    return text.split()


def expected_words(body: str, ranges: list[list[int]]) -> list[str]:
    lines = body.split("\n")
    return [word for first, last in ranges for word in words("\n".join(lines[first - 1 : last]))]


def test_new_words_are_exactly_right_in_95_of_100_fixtures(shared: Path) -> None:
    wrong = []
    for name, ranges in EXPECTED.items():
        body = (shared / "data" / "mail" / name).read_text(encoding="utf-8", errors="replace")
        if words(new_text(body)) != expected_words(body, ranges):
            wrong.append(name)
    assert len(EXPECTED) == 71
    assert 1 - len(wrong) / len(EXPECTED) >= LEAST, f"{len(wrong)} wrong: {', '.join(wrong)}"
