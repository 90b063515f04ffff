"""The live page: what a supervisor and a wall screen look at.

In: lines, alerts, the states of sources and destinations, all in memory. Out: HTML, and a stream of the
parts of it that changed. What may not happen: a name that is read as markup, a figure that is old or unknown
shown as current, or a page that asks anything of a platform.
"""
