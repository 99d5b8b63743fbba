-- Messages on their way from Kanta to units. The message's own id is the key: what is handed over twice is there once. The body goes
-- when the unit has acknowledged it.
CREATE TABLE outbound_message (
  message_id TEXT PRIMARY KEY,
  unit TEXT NOT NULL,
  service TEXT NOT NULL,
  media_type TEXT NOT NULL,
  hash TEXT NOT NULL,
  body {BLOB},
  taken_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  run_at BIGINT NOT NULL,
  problem TEXT,
  ended_at BIGINT
);
CREATE INDEX outbound_message_due ON outbound_message (state, run_at);
CREATE INDEX outbound_message_taken ON outbound_message (taken_at);
