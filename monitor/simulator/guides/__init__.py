"""The dialect `guides`: the endpoints and payloads of the integration guides, over the same world.

In: one world, one `Moods` (how awkward to be), requests. Out: the documents a gateway that speaks the guides'
shapes would answer, or a `Flaw`. What runs in the background there (queries, jobs) advances here by polls and
by the moments of requests, so that a test decides when.

What may not happen here: knowing the platform's own endpoints, a clock, chance, I/O; a figure of its own:
every number is counted from the world's ledger, workbench or floor.
"""
