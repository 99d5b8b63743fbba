-- Registers kept up to date from their source: what an import covered, and up to when the source had been asked. Old rows
-- are whole files that somebody brought.
ALTER TABLE register_import ADD COLUMN extent TEXT NOT NULL DEFAULT 'whole';
ALTER TABLE register_import ADD COLUMN asked_at BIGINT;
CREATE INDEX register_import_register ON register_import (register, import_key);

-- What somebody should know of or see to. The same thing is told once: that is what `same` is for.
CREATE TABLE notice (
  notice_key {KEY},
  same TEXT NOT NULL UNIQUE,
  at BIGINT NOT NULL,
  joiner TEXT NOT NULL,
  body TEXT NOT NULL,
  settled_at BIGINT,
  settled_by TEXT
);
CREATE INDEX notice_joiner ON notice (joiner, settled_at);

-- Certificates that were shown to us: facts only, to warn before they end.
CREATE TABLE certificate (
  fingerprint TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  purpose TEXT NOT NULL,
  name TEXT NOT NULL,
  valid_from BIGINT NOT NULL,
  valid_until BIGINT NOT NULL,
  first_seen BIGINT NOT NULL
);
CREATE INDEX certificate_end ON certificate (valid_until);
