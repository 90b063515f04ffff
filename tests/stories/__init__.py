"""Whole stories: several rooms, real servers, one behaviour."""
