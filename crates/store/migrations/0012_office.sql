-- The queue: what an application is found by, how much care it needs, and the first of two approvals.
ALTER TABLE application ADD COLUMN search TEXT;
ALTER TABLE application ADD COLUMN risk INTEGER;
CREATE INDEX application_newest ON application (application_key, state_code);

CREATE TABLE application_approval (
  approval_key {KEY},
  application_key BIGINT NOT NULL REFERENCES application (application_key),
  hash TEXT NOT NULL,
  person TEXT NOT NULL,
  reference TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX application_approval_application ON application_approval (application_key);
