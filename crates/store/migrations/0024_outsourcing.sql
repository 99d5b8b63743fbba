-- Outsourcing authorisations, as their documents give them: which producer may use whose documents of a patient's, from when until when, and how.

CREATE TABLE archive_outsourcing (
  document_id TEXT PRIMARY KEY REFERENCES archive_document (document_id),
  person TEXT NOT NULL,
  producer TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT,
  terms TEXT NOT NULL
);
CREATE INDEX archive_outsourcing_person ON archive_outsourcing (person, producer);
