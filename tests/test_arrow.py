"""The tagger over Arrow batches, as Spark's mapInArrow calls it."""

from pathlib import Path

import pyarrow as pa
import pytest

import partnersignal as ps
from partnersignal.errors import InputError
from partnersignal.tagging.arrow import TAG_SCHEMA, tag_batches

LATE = "The asocket is late again. The aserver is late again."


def test_tags_are_those_of_the_tagger(tiny_model: Path) -> None:
    columns = {"message_id": ["1", "2", "3"], "text": [LATE, None, "A alaptop costs nine euros."], "voice": ["customer"] * 3}
    batch = pa.RecordBatch.from_pydict(columns)
    out = list(tag_batches(iter([batch, batch.slice(1)]), tiny_model))
    assert [each.schema for each in out] == [TAG_SCHEMA] * 2
    assert out[1].num_rows == 0
    expected = ps.load(tiny_model).tag(LATE, voice="customer").tags
    assert len(expected) == 2
    rows = out[0].to_pylist()
    assert [row.pop("message_id") for row in rows] == ["1", "1"]
    assert rows == [{name: getattr(tag, name) for name in TAG_SCHEMA.names[1:]} for tag in expected]


def test_a_dictionary_of_texts_and_no_voice_will_do(tiny_model: Path) -> None:
    texts = pa.array([LATE, LATE]).dictionary_encode()
    batch = pa.RecordBatch.from_arrays([pa.array(["1", "2"]), texts], ["message_id", "text"])
    assert next(tag_batches([batch], ps.load(tiny_model))).column("message_id").to_pylist() == ["1", "1", "2", "2"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"text": ["x"]},
            r"got a batch with the columns text, expected message_id, text and maybe voice; rename or add message_id",
        ),
        ({"message_id": ["1"], "text": [b"x"]}, r"got the column text of type binary, expected text; cast it to string"),
        ({"message_id": ["1"], "text": ["x"], "voice": ["boss"]}, r"got the voice 'boss', expected one of"),
    ],
)
def test_wrong_batches_say_so(tiny_model: Path, columns: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(tag_batches([pa.RecordBatch.from_pydict(columns)], tiny_model))
