-- What patients want, as their documents say it: permissions to disclose and denials. What an older program stored is read when it is
-- brought over.

CREATE TABLE archive_will (
  document_id TEXT PRIMARY KEY REFERENCES archive_document (document_id),
  person TEXT NOT NULL,
  will TEXT NOT NULL
);
CREATE INDEX archive_will_person ON archive_will (person);
