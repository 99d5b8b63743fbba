-- Organisational changes that are followed: what happens, who is party to it, what is to be done and how that stands.

CREATE TABLE change (
  change_key {KEY},
  number TEXT NOT NULL UNIQUE,
  story TEXT NOT NULL,
  day BIGINT NOT NULL,
  state TEXT NOT NULL,
  -- Whose plan it is; none: the operator's.
  made_for TEXT,
  obstacles TEXT NOT NULL,
  rights_opened INTEGER NOT NULL,
  rights_closed INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  -- The directory when it was planned.
  directory_version BIGINT NOT NULL,
  checked_at BIGINT NOT NULL,
  revision INTEGER NOT NULL,
  -- A digest of the secret in the address of the page that anybody sees who has it.
  shared TEXT UNIQUE,
  shared_until BIGINT
);
CREATE INDEX change_state ON change (state, checked_at);

CREATE TABLE change_party (
  change_key BIGINT NOT NULL REFERENCES change (change_key),
  joiner TEXT NOT NULL,
  asked BOOLEAN NOT NULL,
  agreed_at BIGINT,
  PRIMARY KEY (change_key, joiner)
);
CREATE INDEX change_party_joiner ON change_party (joiner);

CREATE TABLE change_task (
  task_key {KEY},
  change_key BIGINT NOT NULL REFERENCES change (change_key),
  what TEXT NOT NULL,
  owner_kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  about TEXT NOT NULL,
  count BIGINT NOT NULL,
  due BIGINT NOT NULL,
  state TEXT NOT NULL,
  said BOOLEAN NOT NULL,
  UNIQUE (change_key, what, owner_kind, owner, about)
);
CREATE INDEX change_task_owner ON change_task (owner);

CREATE TABLE change_event (
  event_key {KEY},
  change_key BIGINT NOT NULL REFERENCES change (change_key),
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  person TEXT NOT NULL,
  words TEXT
);
CREATE INDEX change_event_change ON change_event (change_key);
