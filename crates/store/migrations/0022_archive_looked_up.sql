-- What was added to a document, and a register's lines of the use log by their seals, are found without reading everything.

CREATE INDEX archive_document_added_to ON archive_document (added_to) WHERE added_to IS NOT NULL;
CREATE INDEX archive_use_controller_seal ON archive_use (controller, seal);
-- A person's documents in the order in which they are told.
DROP INDEX archive_document_person;
CREATE INDEX archive_document_person ON archive_document (person, made_at, document_id);
