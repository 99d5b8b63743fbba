-- The archive: cells, which move between controllers whole; documents with what they are found by; keys.
-- Bodies are encrypted. Table document, of before, stays as it is: what older programs write there is brought over by newer ones.

CREATE TABLE archive_key (
  key_key {KEY},
  controller TEXT NOT NULL,
  wrapped {BLOB} NOT NULL,
  created_at BIGINT NOT NULL,
  retired_at BIGINT
);
CREATE UNIQUE INDEX archive_key_current ON archive_key (controller) WHERE retired_at IS NULL;

CREATE TABLE archive_cell (
  cell_key {KEY},
  controller TEXT NOT NULL,
  register TEXT NOT NULL,
  unit TEXT NOT NULL,
  customer TEXT NOT NULL,
  month INTEGER NOT NULL,
  UNIQUE (controller, register, unit, customer, month)
);

CREATE TABLE archive_document (
  document_id TEXT PRIMARY KEY,
  set_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  -- That of its set: what the first version was counted to.
  cell BIGINT NOT NULL REFERENCES archive_cell (cell_key),
  -- The controller that it names itself.
  controller TEXT NOT NULL,
  -- Whose it is, as far as runs have been carried through to each document; the truth is in archive_cell and the runs.
  active_controller TEXT NOT NULL,
  standing TEXT NOT NULL,
  person TEXT NOT NULL,
  kind TEXT,
  task TEXT,
  event TEXT,
  added_to TEXT,
  unfinished BOOLEAN NOT NULL,
  event_open BOOLEAN NOT NULL,
  made_at BIGINT NOT NULL,
  stored_at BIGINT NOT NULL,
  joiner TEXT NOT NULL,
  tenant TEXT,
  access_point TEXT NOT NULL,
  message_id TEXT NOT NULL,
  policy TEXT NOT NULL,
  signer_fingerprint TEXT NOT NULL,
  signed_at BIGINT NOT NULL,
  signature_hash TEXT,
  media_type TEXT NOT NULL,
  hash TEXT NOT NULL,
  size BIGINT NOT NULL,
  UNIQUE (set_id, version)
);

-- Apart from what changes: carrying a run through to a document rewrites no body.
CREATE TABLE archive_body (
  document_id TEXT PRIMARY KEY REFERENCES archive_document (document_id),
  key_key BIGINT NOT NULL REFERENCES archive_key (key_key),
  wrapped {BLOB} NOT NULL,
  body {BLOB} NOT NULL
);
-- One of a set is the newest, whoever replaces at once.
CREATE UNIQUE INDEX archive_document_newest ON archive_document (set_id) WHERE standing = 'newest';
CREATE UNIQUE INDEX archive_document_signature ON archive_document (signature_hash);
CREATE INDEX archive_document_person ON archive_document (person, made_at);
CREATE INDEX archive_document_cell ON archive_document (cell, document_id);
CREATE INDEX archive_document_active ON archive_document (active_controller, stored_at, document_id);

-- A document declared void, why and by whom.
CREATE TABLE archive_invalidation (
  set_id TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_whom TEXT NOT NULL
);
