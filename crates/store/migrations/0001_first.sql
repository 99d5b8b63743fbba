-- The first schema. One text for both databases: {KEY} and {BLOB} are the dialect's words.
-- Times are UTC microseconds. JSON stands in text columns and is read by domain types.

CREATE TABLE register_entry (
  entry_key {KEY},
  register TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  business_id TEXT,
  parent TEXT,
  valid_from BIGINT NOT NULL,
  valid_until BIGINT,
  known_from BIGINT NOT NULL,
  known_until BIGINT,
  fields TEXT NOT NULL
);
CREATE UNIQUE INDEX register_entry_current ON register_entry (register, id) WHERE known_until IS NULL;
CREATE INDEX register_entry_parent ON register_entry (register, parent) WHERE known_until IS NULL;

CREATE TABLE register_import (
  import_key {KEY},
  register TEXT NOT NULL,
  file_name TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  at BIGINT NOT NULL,
  report TEXT NOT NULL
);

CREATE TABLE application (
  application_key {KEY},
  number TEXT NOT NULL UNIQUE,
  joiner TEXT NOT NULL,
  service TEXT NOT NULL,
  first_joining BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  state_code TEXT NOT NULL,
  language TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT
);
CREATE INDEX application_joiner ON application (joiner);
CREATE INDEX application_queue ON application (state_code, sent_at);

CREATE TABLE application_step (
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  step TEXT NOT NULL,
  revision INTEGER NOT NULL,
  form TEXT NOT NULL,
  saved_at BIGINT NOT NULL,
  saved_by TEXT NOT NULL,
  PRIMARY KEY (application_key, step)
);

CREATE TABLE directory_change (
  version BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  basis TEXT NOT NULL,
  author TEXT NOT NULL,
  approver TEXT NOT NULL,
  effect_hash TEXT NOT NULL,
  effect TEXT NOT NULL
);

CREATE TABLE directory_joiner (
  row_key {KEY},
  oid TEXT NOT NULL,
  body TEXT NOT NULL,
  since_version BIGINT NOT NULL REFERENCES directory_change (version),
  until_version BIGINT REFERENCES directory_change (version)
);
CREATE UNIQUE INDEX directory_joiner_current ON directory_joiner (oid) WHERE until_version IS NULL;

CREATE TABLE directory_access_point (
  row_key {KEY},
  oid TEXT NOT NULL,
  body TEXT NOT NULL,
  since_version BIGINT NOT NULL REFERENCES directory_change (version),
  until_version BIGINT REFERENCES directory_change (version)
);
CREATE UNIQUE INDEX directory_access_point_current ON directory_access_point (oid) WHERE until_version IS NULL;

CREATE TABLE directory_right (
  row_key {KEY},
  joiner TEXT NOT NULL,
  access_point TEXT NOT NULL,
  service TEXT NOT NULL,
  body TEXT NOT NULL,
  since_version BIGINT NOT NULL REFERENCES directory_change (version),
  until_version BIGINT REFERENCES directory_change (version)
);
CREATE INDEX directory_right_joiner ON directory_right (joiner);

CREATE TABLE job (
  job_key {KEY},
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  run_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  finished_at BIGINT,
  last_error TEXT
);
CREATE INDEX job_due ON job (state, run_at);

CREATE TABLE audit_event (
  sequence BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE session (
  id_hash TEXT PRIMARY KEY,
  data TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE legacy_signer (
  signer_key {KEY},
  joiner TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  certificate {BLOB} NOT NULL,
  reason TEXT NOT NULL,
  registered_by TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  withdrawn_at BIGINT
);
CREATE INDEX legacy_signer_fingerprint ON legacy_signer (fingerprint);

CREATE TABLE message (
  message_id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  acknowledgement TEXT NOT NULL,
  document_id TEXT,
  joiner TEXT NOT NULL,
  received_at BIGINT NOT NULL
);

CREATE TABLE document (
  document_id TEXT PRIMARY KEY,
  set_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  joiner TEXT NOT NULL,
  controller TEXT NOT NULL,
  register_code TEXT NOT NULL,
  access_point TEXT NOT NULL,
  message_id TEXT NOT NULL REFERENCES message (message_id),
  policy TEXT NOT NULL,
  signer_fingerprint TEXT NOT NULL,
  signed_at BIGINT NOT NULL,
  stored_at BIGINT NOT NULL,
  hash TEXT NOT NULL,
  body {BLOB} NOT NULL
);
CREATE INDEX document_set ON document (set_id, version);
