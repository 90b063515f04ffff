"""Guards of the house: who may import whom, how long things may grow, what the checkers must catch.

In: the working tree, read only, or a copy with a planted fault. Out: a verdict with the places. Each guard is
seen to fail once, on a planted fault, so that a green run means something.
"""
