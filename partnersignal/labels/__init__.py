"""Label files: reading what people labelled."""

from partnersignal.labels.documents import LabelledSentence, read_labels

__all__ = ["LabelledSentence", "read_labels"]
