"""Label files: reading what people labelled."""

from partnersignal.labels.corrections import label_lines, labels_from_corrections
from partnersignal.labels.documents import LabelledSentence, read_labels

__all__ = ["LabelledSentence", "label_lines", "labels_from_corrections", "read_labels"]
