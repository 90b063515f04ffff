"""Shows samples, and says of ourselves how we are, in the formats Prometheus reads.

In: batches and failures from pollers; what the rooms report through `ports.Telemetry`. Out: bytes for
`/metrics`. `text` is pure; `snapshot` keeps the newest batch of each source until it is stale; `packing`
compresses it once; `telemetry` owns the only prometheus_client registry. Forbidden: asking a platform,
showing an old value as if it were new, rendering the same batch twice.
"""
