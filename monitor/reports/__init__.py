"""One-off reports over any stretch of time, as the integration guides ask for them.

    port `Platform` ─asked piece by piece─▶ figures ─added up as parts, never averaged─▶ rows ─▶ CSV, JSON

In: a platform, queues or agents, a stretch of time. Out: rows in a fixed order, and files that are whole or
not there. Forbidden: choosing queues, drawing tables, and a figure where something could not be read: that
is None, an empty cell.
"""
