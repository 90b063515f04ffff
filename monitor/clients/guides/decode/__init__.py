"""Reads the guides' answers: bytes in, observations and next pages out. Pure; one module per question.

Every value is read by itself (`wire`), so that one odd value makes one figure unknown and not the whole
answer. Forbidden: a figure from a value that is none, and dropping a row that cannot be tied to its queue.
"""
