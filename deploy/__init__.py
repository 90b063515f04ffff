"""What puts queuewatch into its surroundings: Prometheus, Grafana, containers, Kubernetes, systemd.

Nothing in here is part of the package `monitor`, and nothing of `monitor` reads it. What is Python in here
makes files that are committed beside it: `make generate` writes them again, and a test says when they differ.
"""
