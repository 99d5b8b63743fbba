-- Fault notifications: what does not work, what was said of it, whom it was told, and which messages that made.

CREATE TABLE fault (
  fault_key {KEY},
  number TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  -- By language, and whom it hits: JSON.
  headline TEXT NOT NULL,
  audience TEXT NOT NULL,
  public BOOLEAN NOT NULL,
  begins BIGINT NOT NULL,
  expected BIGINT,
  ended_at BIGINT,
  revision INTEGER NOT NULL
);
CREATE INDEX fault_ended ON fault (ended_at);

CREATE TABLE fault_statement (
  statement_key {KEY},
  fault_key BIGINT NOT NULL REFERENCES fault (fault_key),
  at BIGINT NOT NULL,
  stage TEXT NOT NULL,
  -- By language: JSON.
  words TEXT NOT NULL,
  expected BIGINT,
  reference TEXT NOT NULL,
  -- How many it was told.
  joiners BIGINT NOT NULL
);
CREATE INDEX fault_statement_fault ON fault_statement (fault_key);

-- Whoever was told that it began is told that it is over.
CREATE TABLE fault_told (
  fault_key BIGINT NOT NULL REFERENCES fault (fault_key),
  joiner TEXT NOT NULL,
  PRIMARY KEY (fault_key, joiner)
);
CREATE INDEX fault_told_joiner ON fault_told (joiner);

-- The statement that a message carries.
ALTER TABLE job ADD COLUMN statement_key BIGINT;
CREATE INDEX job_statement ON job (statement_key, state) WHERE statement_key IS NOT NULL;
