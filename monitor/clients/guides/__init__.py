"""The dialect `guides`: the endpoints and payloads of the integration guides (GUIDES.md).

`endpoints` builds requests, `decode` reads answers (both pure); `asking` answers the port, `workitems` and
`strategies` run the two questions that are answered later.
Forbidden: knowing another dialect, observations that an answer did not carry, and half of an answer.
"""
