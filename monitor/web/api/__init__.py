"""The daemon's JSON under `/api/v1`: what is watched, how it is, and what the daemon was told to do.

In: requests whose scope was checked. Out: JSON in the shapes of the document (`monitor.web.document`), pages
of long lists, problems. Forbidden: asking a platform because somebody asked us, waiting for anything but the
store, saying a secret.
"""
