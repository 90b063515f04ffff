"""Things any daemon needs and none of which knows about contact centres.

In: the standard library and the libraries each module is the only door to. Out: a clock, supervised
tasks, logs, secrets, durations, clean text and the HTTP door. Forbidden here: every other room of the
house. A module that could not be published on its own does not belong here.
"""
