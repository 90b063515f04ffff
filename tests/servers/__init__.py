"""Real servers for tests: a private Mosquitto, a private Prometheus, on the loopback, in their own folder.

In: a folder to write to. Out: a running server that is stopped by whoever started it. Nothing here touches a
server it did not start, and nothing sleeps for a guess: starting means waiting until it answers.
"""
