-- The whole directory: tenants and closings, several rows of one thing at different times, and the append-only log.
-- `same` is the key of which no two rows may hold at one moment; `valid_*` repeat the body's validity for that. Rows that an older
-- program writes have neither until the next start, which fills them in.
ALTER TABLE directory_joiner ADD COLUMN same TEXT;
ALTER TABLE directory_joiner ADD COLUMN valid_from BIGINT;
ALTER TABLE directory_joiner ADD COLUMN valid_until BIGINT;
DROP INDEX directory_joiner_current;
CREATE INDEX directory_joiner_oid ON directory_joiner (oid) WHERE until_version IS NULL;
CREATE INDEX directory_joiner_same ON directory_joiner (same) WHERE until_version IS NULL;

ALTER TABLE directory_access_point ADD COLUMN same TEXT;
ALTER TABLE directory_access_point ADD COLUMN valid_from BIGINT;
ALTER TABLE directory_access_point ADD COLUMN valid_until BIGINT;
DROP INDEX directory_access_point_current;
CREATE INDEX directory_access_point_oid ON directory_access_point (oid) WHERE until_version IS NULL;
CREATE INDEX directory_access_point_same ON directory_access_point (same) WHERE until_version IS NULL;

ALTER TABLE directory_right ADD COLUMN same TEXT;
ALTER TABLE directory_right ADD COLUMN valid_from BIGINT;
ALTER TABLE directory_right ADD COLUMN valid_until BIGINT;
CREATE INDEX directory_right_same ON directory_right (same) WHERE until_version IS NULL;
CREATE INDEX directory_right_access_point ON directory_right (access_point) WHERE until_version IS NULL;

CREATE TABLE directory_tenant (
  row_key {KEY},
  host TEXT NOT NULL,
  tenant TEXT NOT NULL,
  body TEXT NOT NULL,
  since_version BIGINT NOT NULL REFERENCES directory_change (version),
  until_version BIGINT REFERENCES directory_change (version),
  same TEXT,
  valid_from BIGINT,
  valid_until BIGINT
);
CREATE INDEX directory_tenant_host ON directory_tenant (host) WHERE until_version IS NULL;
CREATE INDEX directory_tenant_same ON directory_tenant (same) WHERE until_version IS NULL;

CREATE TABLE directory_closing (
  row_key {KEY},
  body TEXT NOT NULL,
  since_version BIGINT NOT NULL REFERENCES directory_change (version),
  until_version BIGINT REFERENCES directory_change (version),
  same TEXT,
  valid_from BIGINT,
  valid_until BIGINT
);
CREATE INDEX directory_closing_same ON directory_closing (same) WHERE until_version IS NULL;

-- One leaf a change (RFC 6962).
CREATE TABLE directory_leaf (
  version BIGINT PRIMARY KEY REFERENCES directory_change (version),
  hash TEXT NOT NULL
);

-- A change that waits for somebody else's approval, or for its moment.
CREATE TABLE directory_proposal (
  proposal_key {KEY},
  body TEXT NOT NULL,
  effect_hash TEXT NOT NULL,
  base_version BIGINT NOT NULL,
  author TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  run_at BIGINT,
  state TEXT NOT NULL,
  decided_by TEXT,
  decided_at BIGINT,
  approved_hash TEXT,
  version BIGINT REFERENCES directory_change (version)
);
CREATE INDEX directory_proposal_state ON directory_proposal (state, run_at);
