"""The tests: one folder a room of the house, files named by behaviour, one sentence a test."""
