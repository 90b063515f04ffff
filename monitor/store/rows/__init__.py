"""Pure mapping between the model and table rows, one module per kind of table.

In: a record, or the columns a statement of ours returned. Out: columns a table can hold, or the record.
What no version of ours wrote is a ValueError, and may not come back as something it is not.
"""
