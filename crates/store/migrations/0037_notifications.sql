-- Change notifications: what an organisation says will be otherwise with its joining.

CREATE TABLE notification (
  notification_key {KEY},
  number TEXT NOT NULL UNIQUE,
  joiner TEXT NOT NULL,
  kind TEXT NOT NULL,
  form TEXT NOT NULL,
  state TEXT NOT NULL,
  -- From when what it says is so; none while nobody has said.
  day BIGINT,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  -- The directory's version that it became, or the controller update run that was ordered by it.
  directory_version BIGINT,
  controller_run TEXT,
  revision INTEGER NOT NULL
);
CREATE INDEX notification_joiner ON notification (joiner);
CREATE INDEX notification_state ON notification (state);

CREATE TABLE notification_event (
  event_key {KEY},
  notification_key BIGINT NOT NULL REFERENCES notification (notification_key),
  at BIGINT NOT NULL,
  what TEXT NOT NULL,
  person TEXT NOT NULL,
  words TEXT
);
CREATE INDEX notification_event_notification ON notification_event (notification_key);
