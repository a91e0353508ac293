"""Runs: scoring an export into a folder, opening it again, changing it afterwards.

Nothing is gathered here: a worker imports `partnersignal.runs.shards` alone, and would wait for all the rest.
"""
