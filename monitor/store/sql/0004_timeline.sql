-- One alert's own entries, newest first, however many there are of others. The rest of the columns is there so
-- that a search reads no body of what it does not want.
CREATE INDEX entries_entity ON entries (entity, at, row, org, rule, queue);
