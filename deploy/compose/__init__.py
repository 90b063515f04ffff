"""What deploy/compose.yaml mounts into its containers.

In: nothing. Out: configurations of queuewatch, Prometheus, Alertmanager and Mosquitto, and a small webhook
receiver. What may not happen: a secret in here, or an address that leads out of the compose network.
"""
