"""The nouns of the house: frozen records that every other room may hold.

In: nothing. Out: dataclasses, enums, the metric catalogue, the exception tree. Forbidden: I/O, clocks,
logging, the event loop, and any behaviour beyond arithmetic on a record's own fields.
"""
