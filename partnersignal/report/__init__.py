"""Report: the HTML page and the evidence table."""

from partnersignal.report.evidence import write_evidence
from partnersignal.report.page import write_report

__all__ = ["write_evidence", "write_report"]
