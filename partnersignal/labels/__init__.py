"""Label files: reading and writing what people labelled, what to label next, and whether to trust it."""

from partnersignal.labels.corrections import label_lines, labels_from_corrections
from partnersignal.labels.files import FORMAT_NAMES, read_labels, write_labels
from partnersignal.labels.sentences import LabelledSentence, join_annotators, message_numbers, sentence_id
from partnersignal.labels.tables import to_dataset

__all__ = [
    "FORMAT_NAMES",
    "LabelledSentence",
    "join_annotators",
    "label_lines",
    "labels_from_corrections",
    "message_numbers",
    "read_labels",
    "sentence_id",
    "to_dataset",
    "write_labels",
]
