"""Reads the platform dialect's answers: bytes in, the observations of `monitor.model` out. Pure.

A well-formed answer is decoded in one typed pass. Where that fails, a slower pass reads value by value
(`wire`), so that one odd value makes one figure unknown and not the whole poll. Rules of reading
(DESIGN.md §9): what a complete answer does not mention is 0; what is null, negative, not a number or not
finite is unknown and counted by field and reason. Forbidden: I/O, clocks, and figures nobody sent.
"""
