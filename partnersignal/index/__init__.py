"""From tags to one honest number per supplier: evidence, prior, index, contributions, ranks.

::

    evidence = Evidence.merge(Evidence.collect(exposure, tags) for exposure, tags in shards)
    index = build_index(evidence)
    index["Acme"].low, index["Acme"].high
    explain(index, "Acme", tags).contributions

The mathematics is on one page, docs/index.md. Organisations are scored, never persons.
"""

from partnersignal.index.audit import Audit, draw_audit, flagged_sentences, judge
from partnersignal.index.contributions import Explanation, explain, explain_all, influence
from partnersignal.index.correction import ErrorCorrection, variation_between
from partnersignal.index.evidence import Evidence
from partnersignal.index.fitting import fit_prior
from partnersignal.index.index import Index, build_index
from partnersignal.index.periods import Comparison, compare_periods, compare_renewals, trend
from partnersignal.index.prior import Prior
from partnersignal.index.ranks import expected_ranks, groups, probability_above, ranking, threads_needed
from partnersignal.index.scores import SupplierScore

__all__ = [
    "Audit",
    "Comparison",
    "ErrorCorrection",
    "Evidence",
    "Explanation",
    "Index",
    "Prior",
    "SupplierScore",
    "build_index",
    "compare_periods",
    "compare_renewals",
    "draw_audit",
    "expected_ranks",
    "explain",
    "explain_all",
    "fit_prior",
    "flagged_sentences",
    "groups",
    "influence",
    "judge",
    "probability_above",
    "ranking",
    "threads_needed",
    "trend",
    "variation_between",
]
