-- One alert's own entries, newest first, however many there are of others: behind `at` stands the row by itself.
CREATE INDEX entries_entity ON entries (entity, at);
