"""Conversations: the first pass over an export, and the plan it gives."""

from partnersignal.conversations.plan import Plan, make_plan
from partnersignal.conversations.scan import scan_messages

__all__ = ["Plan", "make_plan", "scan_messages"]
