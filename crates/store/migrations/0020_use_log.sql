-- The use log: who did what with whose documents. Lines are sealed behind the store, many under one root; see docs/adr/0020.

CREATE TABLE archive_use (
  use_key {KEY},
  at BIGINT NOT NULL,
  by_whom TEXT NOT NULL,
  act TEXT NOT NULL,
  ground TEXT NOT NULL,
  controller TEXT NOT NULL,
  joiner TEXT NOT NULL,
  tenant TEXT,
  document_id TEXT,
  person TEXT,
  decision TEXT NOT NULL,
  more TEXT,
  hash TEXT NOT NULL,
  -- The seal that holds it; none for a moment after it was written.
  seal BIGINT
);
CREATE INDEX archive_use_controller ON archive_use (controller, use_key);
CREATE INDEX archive_use_document ON archive_use (document_id, use_key);
CREATE INDEX archive_use_person ON archive_use (person, use_key);
CREATE INDEX archive_use_unsealed ON archive_use (use_key) WHERE seal IS NULL;
CREATE INDEX archive_use_seal_lines ON archive_use (seal, use_key);

CREATE TABLE archive_use_seal (
  seal BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  lines BIGINT NOT NULL,
  root TEXT NOT NULL,
  previous TEXT
);

-- Documents are looked for by service event, too.
CREATE INDEX archive_document_event ON archive_document (event);
