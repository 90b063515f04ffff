"""Ours beside its peers, in one run on one machine: only the ratios are a claim."""
