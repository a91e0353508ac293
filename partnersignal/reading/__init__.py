"""Reading: one module a format, bodies decoded to plain text; `open_export` chooses."""

from partnersignal.reading.export import Export, open_export, read_shard
from partnersignal.reading.shard import Shard

__all__ = ["Export", "Shard", "open_export", "read_shard"]
