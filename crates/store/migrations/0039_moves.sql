-- Moves: one change across many joiners, in waves; who agreed, and the keys by which one hands itself over.

CREATE TABLE moves (
  move_key {KEY},
  number TEXT NOT NULL UNIQUE,
  leader TEXT NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  form TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  approver TEXT,
  -- How many waves stand in the directory, and why it goes no further.
  entered INTEGER NOT NULL DEFAULT 0,
  halt TEXT,
  report TEXT,
  revision INTEGER NOT NULL
);
CREATE INDEX moves_leader ON moves (leader, move_key);
CREATE INDEX moves_state ON moves (state);

CREATE TABLE move_target (
  move_key BIGINT NOT NULL,
  place INTEGER NOT NULL,
  subject TEXT NOT NULL,
  party TEXT NOT NULL,
  new TEXT NOT NULL,
  wave INTEGER NOT NULL,
  switch_at BIGINT NOT NULL,
  -- What of its rows the approval is bound to.
  shape TEXT NOT NULL,
  standing TEXT NOT NULL,
  reason TEXT,
  version BIGINT,
  back_version BIGINT,
  -- Calls since its second, as they were counted when its wave was left.
  passed BIGINT NOT NULL DEFAULT 0,
  failed BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (move_key, place)
);
CREATE INDEX move_target_party ON move_target (party, move_key);

CREATE TABLE move_consent (
  move_key BIGINT NOT NULL,
  party TEXT NOT NULL,
  how TEXT NOT NULL,
  at BIGINT NOT NULL,
  reference TEXT NOT NULL,
  PRIMARY KEY (move_key, party)
);

CREATE TABLE handover_key (
  key_key {KEY},
  digest TEXT NOT NULL UNIQUE,
  joiner TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  reference TEXT NOT NULL,
  used_by TEXT,
  used_at BIGINT,
  ended_at BIGINT
);
CREATE INDEX handover_key_joiner ON handover_key (joiner, key_key);

-- What happened to what is followed by a number: who, when, and what was said.
CREATE TABLE happening (
  happening_key {KEY},
  subject TEXT NOT NULL,
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  person TEXT NOT NULL,
  words TEXT
);
CREATE INDEX happening_subject ON happening (subject, happening_key);

-- Whose calls are counted while somebody is moved. What an older program writes beside this one is not counted.
ALTER TABLE gateway_call ADD COLUMN joiner TEXT;
ALTER TABLE gateway_call ADD COLUMN access_point TEXT;
ALTER TABLE gateway_call ADD COLUMN service TEXT;
ALTER TABLE gateway_call ADD COLUMN failed BOOLEAN;
ALTER TABLE gateway_call ADD COLUMN stands_for INTEGER;
CREATE INDEX gateway_call_joiner ON gateway_call (joiner, at);
CREATE INDEX gateway_call_access_point ON gateway_call (access_point, at);
