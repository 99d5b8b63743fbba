-- Nothing is looked for by the controller that a document was carried to: whose it is its cell says. Each document that is stored or carried wrote an entry there.
DROP INDEX archive_document_active;
-- Only documents of a service event or matter are looked for by it.
DROP INDEX archive_document_event;
CREATE INDEX archive_document_event ON archive_document (event) WHERE event IS NOT NULL;
