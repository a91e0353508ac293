"""Run folders made by hand, for the report: any size, any content, no model needed."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from partnersignal.index import Evidence, build_index
from partnersignal.runs.reweighing import index_state
from partnersignal.runs.run import Run
from partnersignal.runs.settings import hash_files
from partnersignal.runs.state import write_json, write_state
from partnersignal.runs.tables import EXPOSURE, MESSAGES, TAGS, writing_table
from partnersignal.signals import default_signals, labels
from partnersignal.suppliers import Supplier, SupplierDirectory

START = datetime(2024, 1, 8, 9, tzinfo=UTC)
VOICES = ("supplier", "customer", "third_person")


@dataclass(frozen=True)
class Said:
    """One tagged message."""

    supplier: str
    thread: str
    text: str
    signal: str
    voice: str = "supplier"
    probability: float = 0.8
    day: int = 0
    subject: str = "About the order"
    sender: str = "Ada Bright <ada@sender.example>"
    bulk: bool = False
    before: str = "Good morning,\n"
    after: str = "\nKind regards"
    message_id: str = ""


def make_run(folder: Path, said: Sequence[Said], quotes: bool = True, model: Path | None = None) -> Run:
    """Write the tables of a finished run."""
    folder.mkdir(parents=True)
    messages, tags, exposure = [], [], []
    for number, each in enumerate(said):
        date = START + timedelta(days=each.day)
        name = each.message_id or f"{number:08d}.{each.supplier.split()[0].lower()}@mail.example"
        start = len(each.before)
        common = {"message_id": name, "date": date, "supplier": each.supplier, "voice": each.voice, "bulk": each.bulk}
        messages.append(
            common | {
                "thread_id": each.thread, "date_quality": "ok", "sender": each.sender,
                "recipients": "Bo Worth <bo@ours.example>", "subject": each.subject, "kind": "email", "sentences": 6,
                "quoted": 0, "boilerplate": 0, "language": "en", "utc_offset": 0,
                "status": "tagged", "replaced": 0, "source": "hand", "text": each.before + each.text + each.after if quotes else "",
            }
        )  # fmt: skip
        tags.append(
            common | {
                "sentence": 1, "start": start, "end": start + len(each.text), "text": each.text if quotes else "",
                "zone": "new", "signal": each.signal, "probability": each.probability,
            }
        )  # fmt: skip
        exposure.append(common | {"thread_id": each.thread, "sentences": 6, "ineligible": 0})
    for rows, name, schema in ((messages, "messages", MESSAGES), (tags, "tags", TAGS), (exposure, "exposure", EXPOSURE)):
        with writing_table(folder / f"{name}.parquet", schema) as table:
            table.add(rows)
    built = build_index(Evidence.collect(*(pd.read_parquet(folder / f"{name}.parquet") for name in ("exposure", "tags"))))
    names = dict.fromkeys(each.supplier for each in said)
    directory = SupplierDirectory(tuple(Supplier(name, aliases=(name,)) for name in names), ("ours.example",))
    state = index_state(built, "count", None, None, None)
    write_state(
        folder,
        {
            "settings": {"model": hash_files([model], contents=True)} if model else {}, "model": str(model or "default"),
            "signals": [asdict(signal) for signal in default_signals()], "finished": True, "index": state,
            "directory": directory.to_dict(),
        },
    )  # fmt: skip
    receipt = {"read": len(messages), "messages": {"tagged": len(messages)}, "export": [str(folder)], "model": "default"}
    write_json(folder / "receipt.json", receipt | {"suppliers": {"note": "as in the supplier file"}, "tags": len(tags)})
    return Run(folder)


def many(suppliers: int, tags: int, seed: int = 7) -> list[Said]:
    """A portfolio of distinct sentences of ordinary length."""
    dice = random.Random(seed)
    syllables = ["".join(pair) for pair in itertools.product("bdfgklmnprst", "aeiou")]
    vocabulary = ["".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(20_000)]
    names = labels()

    def words(count: int) -> str:
        return " ".join(dice.choices(vocabulary, k=count))

    return [
        Said(
            supplier=f"{vocabulary[number % suppliers].title()} Works {number % suppliers}",
            thread=f"t{number // 3}",
            text=f"{words(dice.randint(10, 24)).capitalize()}.",
            signal=dice.choice(names),
            voice=dice.choice(VOICES),
            probability=round(dice.uniform(0.4, 0.99), 3),
            day=dice.randint(0, 900),
            subject=words(5),
            bulk=dice.random() < 0.1,
            before=words(40) + "\n",
            after="\n" + words(40),
        )
        for number in range(tags)
    ]
