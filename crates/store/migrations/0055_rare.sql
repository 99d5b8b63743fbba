-- What a controller update run names beside its counts, newest versions that are not finished and service events that have not ended, is found without looking
-- through all that it moves.
CREATE INDEX archive_document_unfinished ON archive_document (cell, document_id) WHERE unfinished AND standing = 'newest';
CREATE INDEX archive_document_event_open ON archive_document (cell, document_id) WHERE event_open AND standing = 'newest';
