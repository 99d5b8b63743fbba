-- What was accepted or signed with an application: which text, by whom, identified how, and when.
CREATE TABLE acceptance (
  acceptance_key {KEY},
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  what TEXT NOT NULL,
  language TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  person TEXT NOT NULL,
  reference TEXT NOT NULL,
  means TEXT NOT NULL,
  at BIGINT NOT NULL,
  withdrawn_at BIGINT
);
CREATE INDEX acceptance_application ON acceptance (application_key);
