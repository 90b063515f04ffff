"""The dialect `platform`: the published Genesys Cloud Platform API v2 (GENESYS.md).

`endpoints` builds requests, `decode` reads answers (both pure), `asking` joins them to the transport.
Forbidden: knowing another dialect, and observations that a 200 answer did not carry.
"""
