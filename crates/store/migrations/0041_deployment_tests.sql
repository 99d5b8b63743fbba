-- Deployment tests: what each is made of, what came out of it, and what was said of its cases.

CREATE TABLE deployment_test (
  test_key {KEY},
  number TEXT NOT NULL UNIQUE,
  joiner TEXT NOT NULL,
  service TEXT NOT NULL,
  stage TEXT NOT NULL,
  system TEXT NOT NULL,
  -- The organisational change that it is made around.
  change_number TEXT,
  content TEXT NOT NULL,
  state TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  sent_at BIGINT,
  sender TEXT,
  -- When its documents were asked to be removed, and were.
  removal_asked_at BIGINT,
  removed_at BIGINT,
  -- Up to which line of the use log it was looked at.
  looked BIGINT NOT NULL,
  revision INTEGER NOT NULL
);
CREATE INDEX deployment_test_joiner ON deployment_test (joiner, test_key);
CREATE INDEX deployment_test_state ON deployment_test (state);
CREATE INDEX deployment_test_change ON deployment_test (change_number);

-- What was said of a case, with what it is about; the last counts.
CREATE TABLE deployment_word (
  word_key {KEY},
  test_key BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  fine BOOLEAN NOT NULL,
  role TEXT NOT NULL,
  person TEXT NOT NULL,
  reference TEXT NOT NULL,
  remark TEXT,
  at BIGINT NOT NULL,
  seen TEXT
);
CREATE INDEX deployment_word_test ON deployment_word (test_key, word_key);

-- What came out of a test: lines of the use log with what a gateway told of the same call, kept longer than that is. Documents in it are test data.
CREATE TABLE deployment_seen (
  test_key BIGINT NOT NULL,
  use_key BIGINT NOT NULL,
  decision TEXT NOT NULL,
  -- Whether a gateway has told of it, and of the service and the system that are tested.
  told TEXT NOT NULL,
  set_id TEXT,
  body TEXT NOT NULL,
  PRIMARY KEY (test_key, use_key)
);
CREATE INDEX deployment_seen_set ON deployment_seen (set_id);
