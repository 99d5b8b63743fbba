-- A signature brings one document only. Documents of before have none kept here.
ALTER TABLE document ADD COLUMN signature_hash TEXT;
CREATE UNIQUE INDEX document_signature ON document (signature_hash);
