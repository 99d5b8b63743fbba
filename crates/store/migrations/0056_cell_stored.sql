-- The documents of a cell that were stored up to a run's switch are counted from the index alone, without reading any of their rows.
CREATE INDEX archive_document_cell_stored ON archive_document (cell, document_id, stored_at);
DROP INDEX archive_document_cell;
-- With all that is asked of a row in them, so that SQLite prefers them to the index of all documents of a cell.
DROP INDEX archive_document_unfinished;
DROP INDEX archive_document_event_open;
CREATE INDEX archive_document_unfinished ON archive_document (cell, document_id, unfinished, standing) WHERE unfinished AND standing = 'newest';
CREATE INDEX archive_document_event_open ON archive_document (cell, document_id, event_open, standing) WHERE event_open AND standing = 'newest';
