"""The daemon's own HTTP: metrics, liveness, readiness, why alerts are as they are, what was told to whom.

In: requests on a socket that was bound before anything started. Out: bytes that exposition has ready, and
JSON. Forbidden: asking a platform because somebody scraped, naming a version to strangers, answering about
alerts under a name that is not ours (`hosts`), and changing anything unless the configuration says
`web.operate: true`.
"""
