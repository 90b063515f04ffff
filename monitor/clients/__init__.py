"""Talks to contact-centre platforms: credentials, budget, retries and one folder per dialect.

In: questions with a deadline (the event loop's time). Out: observations, or a PlatformError whose class
says what to do. Forbidden: metrics and rules, following an address an answer names, sending a token to
another host, sleeping past the deadline, and turning an error into an empty answer.
"""
