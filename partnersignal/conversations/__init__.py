"""Conversations: the first pass over an export, and the plan it gives."""

from partnersignal.conversations.plan import Plan, planned
from partnersignal.conversations.scan import SCAN, scan_messages

__all__ = ["SCAN", "Plan", "planned", "scan_messages"]
