"""Proves rules before they are trusted: plays made-up series through the real alert manager, and lints.

In: test files, rules, and for a part of the lint what an organisation's directory shows. Out: what was
expected and what came instead, or findings. Time is virtual and nothing is waited for. Forbidden: the
network, sending anything, the daemon's store, and judging by other code than the daemon's own.
"""
