"""The daemon's own HTTP: metrics, liveness, readiness.

In: requests on a socket that was bound before anything started. Out: bytes that exposition has ready.
Forbidden: asking a platform because somebody scraped, changing anything, naming a version to strangers.
"""
