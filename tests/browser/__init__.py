"""The live page as a person meets it: in a real browser, in front of a real daemon."""
