"""Stories of what bodies look like."""
