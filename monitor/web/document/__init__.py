"""The description of the daemon's HTTP, as an OpenAPI 3.1 document, and its address.

In: what each module says of the addresses of its siblings. Out: one document, the same for every daemon.
Forbidden: anything of this daemon's own in it (names, versions, secrets), so that it can be kept in docs/.
`python -m monitor.web.document` prints it.
"""

from monitor.web.document.answering import Described

__all__ = ["Described"]
