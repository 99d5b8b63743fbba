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
