"""Report: the HTML pages and the evidence table."""

from partnersignal.report.evidence import write_evidence
from partnersignal.report.material import Material, Thread
from partnersignal.report.page import write_report
from partnersignal.report.scorecard import slug, write_scorecard
from partnersignal.report.sections import Sections, SupplierFacts, directory_sections

__all__ = [
    "Material",
    "Sections",
    "SupplierFacts",
    "Thread",
    "directory_sections",
    "slug",
    "write_evidence",
    "write_report",
    "write_scorecard",
]
