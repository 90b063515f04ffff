"""The dialect `platform`: the published Genesys Cloud Platform API v2 (GENESYS.md).

`endpoints` and `bodies` are the requests, `decode` reads answers (all pure); `conversations`, `agents` and
`workitems` ask what takes several requests, and `asking` joins them to the port. `offer` remembers what an
org does not have. Forbidden: knowing another dialect, and observations that a 200 answer did not carry.
"""
