"""The guides' dialect."""
