-- A large body lies in an object store, under the SHA-256 of what is kept there; of the others the body is here.
ALTER TABLE archive_body ADD COLUMN address TEXT;

-- Objects whose document is not kept yet: what is left of them after a while is swept.
CREATE TABLE archive_object (
  address TEXT PRIMARY KEY,
  begun_at BIGINT NOT NULL,
  swept_at BIGINT
);

-- Rounds in which every body is opened and held against its document; the newest is the one that goes on.
CREATE TABLE archive_round (
  round_key {KEY},
  began_at BIGINT NOT NULL,
  finished_at BIGINT,
  after_document TEXT NOT NULL,
  looked BIGINT NOT NULL,
  wrapped_anew BIGINT NOT NULL,
  damaged BIGINT NOT NULL
);

-- Bodies that cannot be given out, and since when; until they are found whole again.
CREATE TABLE archive_damage (
  document_id TEXT PRIMARY KEY REFERENCES archive_document (document_id),
  found_at BIGINT NOT NULL,
  what TEXT NOT NULL
);
