"""Talks to contact-centre platforms: credentials, budget, retries and one folder per dialect.

In: questions with a deadline (the event loop's time). Out: observations, or a PlatformError whose class
says what to do. Forbidden: metrics and rules, following an address to another host (but for a guides'
chunk), sending a token to a host nobody trusts, sleeping past the deadline, and turning an error into an
empty answer. One dialect never knows the other; what both need lies beside them: `jobs`, `paging`.
"""
