-- Applications followed: what kind of joiner applies, who handles it, what happened to it, who changed what, what was noted and attached.
ALTER TABLE application ADD COLUMN kind TEXT NOT NULL DEFAULT 'private';
ALTER TABLE application ADD COLUMN handler TEXT;
ALTER TABLE application ADD COLUMN handler_name TEXT;

CREATE TABLE application_event (
  event_key {KEY},
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  at BIGINT NOT NULL,
  state TEXT NOT NULL,
  person TEXT NOT NULL,
  words TEXT
);
CREATE INDEX application_event_application ON application_event (application_key);
CREATE INDEX application_event_state ON application_event (state, at);

CREATE TABLE application_change (
  change_key {KEY},
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  step TEXT NOT NULL,
  at BIGINT NOT NULL,
  person TEXT NOT NULL,
  reference TEXT NOT NULL,
  changed TEXT NOT NULL
);
CREATE INDEX application_change_application ON application_change (application_key);

CREATE TABLE application_note (
  note_key {KEY},
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  at BIGINT NOT NULL,
  person TEXT NOT NULL,
  words TEXT NOT NULL
);
CREATE INDEX application_note_application ON application_note (application_key);

CREATE TABLE application_attachment (
  attachment_key {KEY},
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  at BIGINT NOT NULL,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  hash TEXT NOT NULL,
  body {BLOB} NOT NULL,
  removed_at BIGINT
);
CREATE INDEX application_attachment_application ON application_attachment (application_key);
