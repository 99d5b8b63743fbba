-- Controller update runs: documents change their active controller by one entry, and are carried through to each row afterwards.

CREATE TABLE controller_run (
  run_key {KEY},
  number TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  order_body TEXT NOT NULL,
  from_controller TEXT NOT NULL,
  to_controller TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  window_from BIGINT NOT NULL,
  window_until BIGINT,
  priority INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  -- What the dry run showed to those who approve, and who has.
  looked TEXT,
  approved_first TEXT,
  approved_second TEXT,
  switched_at BIGINT,
  switch_order BIGINT UNIQUE,
  reversed_at BIGINT,
  -- How far carrying through has come: the last cell and document, and how many documents.
  carried_cell BIGINT NOT NULL,
  carried_document TEXT NOT NULL,
  carried BIGINT NOT NULL,
  to_carry BIGINT NOT NULL,
  -- The documents that were to be moved, as they stood before any of them was carried: their number and a hash.
  ids_before TEXT,
  report TEXT
);
CREATE INDEX controller_run_state ON controller_run (state, run_at);

CREATE TABLE controller_run_event (
  event_key {KEY},
  run_key BIGINT NOT NULL REFERENCES controller_run (run_key),
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  person TEXT NOT NULL,
  words TEXT
);
CREATE INDEX controller_run_event_run ON controller_run_event (run_key);

-- Days on which runs are switched, fixed in advance.
CREATE TABLE controller_run_day (
  day TEXT PRIMARY KEY,
  added_at BIGINT NOT NULL
);
