-- Register access rights, as client relationship documents give them: whose documents which unit may use, from when until when. What a newer version
-- says takes the place of what older ones said; what is declared void gives nothing.

CREATE TABLE archive_access (
  document_id TEXT NOT NULL REFERENCES archive_document (document_id),
  place INTEGER NOT NULL,
  person TEXT NOT NULL,
  unit TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT,
  PRIMARY KEY (document_id, place)
);
CREATE INDEX archive_access_person ON archive_access (person, unit);
