-- What pages ask for is found by an index, not by reading everything: whose tenant somebody is.
CREATE INDEX directory_tenant_tenant ON directory_tenant (tenant) WHERE until_version IS NULL;
-- And what a register said of somebody at an earlier time.
CREATE INDEX register_entry_ever ON register_entry (register, id);

-- Enrolment for deployment, before an application: what is changed ends, and the new one stands beside it.
CREATE TABLE enrolment (
  enrolment_key {KEY},
  joiner TEXT NOT NULL,
  service TEXT NOT NULL,
  start_at BIGINT NOT NULL,
  form TEXT NOT NULL,
  enrolled_at BIGINT NOT NULL,
  enrolled_by TEXT NOT NULL,
  person TEXT NOT NULL,
  ended_at BIGINT
);
CREATE UNIQUE INDEX enrolment_once ON enrolment (joiner, service) WHERE ended_at IS NULL;
CREATE INDEX enrolment_start ON enrolment (start_at) WHERE ended_at IS NULL;

-- The queue and what it is searched by, without reading whole applications.
CREATE INDEX application_found ON application (state_code, sent_at, risk, search, joiner);
