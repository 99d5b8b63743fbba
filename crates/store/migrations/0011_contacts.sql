-- Contacts kept for the joiner, addresses proved by a message, and messages whose fate is told later.
ALTER TABLE job ADD COLUMN ticket_hash TEXT;
ALTER TABLE job ADD COLUMN receipt TEXT;
CREATE INDEX job_ticket ON job (ticket_hash) WHERE ticket_hash IS NOT NULL;
CREATE INDEX job_state ON job (state, job_key);

CREATE TABLE contact (
  contact_key {KEY},
  joiner TEXT NOT NULL,
  revision INTEGER NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  card TEXT,
  since BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX contact_joiner ON contact (joiner) WHERE ended_at IS NULL;

CREATE TABLE contact_role (
  role_key {KEY},
  contact_key BIGINT NOT NULL REFERENCES contact (contact_key),
  role TEXT NOT NULL,
  service TEXT,
  since BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX contact_role_contact ON contact_role (contact_key);

CREATE TABLE contact_change (
  change_key {KEY},
  joiner TEXT NOT NULL,
  at BIGINT NOT NULL,
  person TEXT NOT NULL,
  reference TEXT NOT NULL,
  what TEXT NOT NULL,
  whom TEXT NOT NULL,
  changed TEXT NOT NULL
);
CREATE INDEX contact_change_joiner ON contact_change (joiner);

-- What is kept of a joiner besides its contacts: where notices go, and when it last said that all is still right.
CREATE TABLE joiner_account (
  joiner TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  language TEXT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  reminded_at BIGINT
);
CREATE INDEX joiner_account_confirmed ON joiner_account (confirmed_at);

CREATE TABLE joiner_billing (
  joiner TEXT NOT NULL,
  service TEXT NOT NULL,
  form TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (joiner, service)
);

-- A mailbox or telephone: asked by a message whether it is read, and the answer.
CREATE TABLE address_check (
  check_key {KEY},
  joiner TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  code_hash TEXT,
  asked_at BIGINT,
  open_until BIGINT,
  confirmed_at BIGINT,
  failed_at BIGINT,
  UNIQUE (joiner, channel, address)
);
CREATE INDEX address_check_code ON address_check (code_hash) WHERE code_hash IS NOT NULL;

-- Sealed copies: what was signed, as it was signed, for ever.
CREATE TABLE sealed_copy (
  copy_key {KEY},
  joiner TEXT NOT NULL,
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  hash TEXT NOT NULL,
  seal TEXT NOT NULL,
  at BIGINT NOT NULL,
  body {BLOB} NOT NULL
);
CREATE INDEX sealed_copy_joiner ON sealed_copy (joiner);
