-- What was added to a document, and a register's lines of the use log by their seals, are found without reading everything.

CREATE INDEX archive_document_added_to ON archive_document (added_to) WHERE added_to IS NOT NULL;
CREATE INDEX archive_use_controller_seal ON archive_use (controller, seal);
