-- Matters of social care, as their own documents say it: opened, closed, and for whom besides the document's own client. What an older program stored
-- says nothing of its matter.

CREATE TABLE archive_matter (
  document_id TEXT PRIMARY KEY REFERENCES archive_document (document_id),
  matter TEXT NOT NULL,
  opened BIGINT NOT NULL,
  closed BIGINT
);
CREATE INDEX archive_matter_matter ON archive_matter (matter);

CREATE TABLE archive_matter_client (
  document_id TEXT NOT NULL REFERENCES archive_document (document_id),
  person TEXT NOT NULL,
  PRIMARY KEY (document_id, person)
);
CREATE INDEX archive_matter_client_person ON archive_matter_client (person);
