-- The year in which whom a document is about was born: by it the document's time of being kept ends, where no death is known. Of what older programs stored it
-- is written by the round through all bodies.
ALTER TABLE archive_document ADD COLUMN born INTEGER;
CREATE INDEX archive_document_born ON archive_document (born) WHERE born IS NOT NULL;
