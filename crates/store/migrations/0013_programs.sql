-- Programs that act for an organisation, organisations that act for others, webhooks, answers that are given once, and campaigns.
CREATE TABLE program (
  program_key {KEY},
  organisation TEXT NOT NULL,
  name TEXT NOT NULL,
  position TEXT NOT NULL,
  secret_hash TEXT NOT NULL UNIQUE,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX program_organisation ON program (organisation);

CREATE TABLE delegation (
  delegation_key {KEY},
  organisation TEXT NOT NULL,
  delegate TEXT NOT NULL,
  position TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT
);
CREATE INDEX delegation_organisation ON delegation (organisation) WHERE ended_at IS NULL;
CREATE INDEX delegation_delegate ON delegation (delegate) WHERE ended_at IS NULL;

CREATE TABLE webhook (
  webhook_key {KEY},
  organisation TEXT NOT NULL,
  address TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX webhook_organisation ON webhook (organisation) WHERE ended_at IS NULL;

CREATE TABLE given_answer (
  owner TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  at BIGINT NOT NULL,
  status INTEGER,
  media_type TEXT,
  body TEXT,
  PRIMARY KEY (owner, idempotency_key)
);
CREATE INDEX given_answer_at ON given_answer (at);

CREATE TABLE campaign (
  campaign_key {KEY},
  organisation TEXT NOT NULL,
  name TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX campaign_organisation ON campaign (organisation);

CREATE TABLE campaign_row (
  row_key {KEY},
  campaign_key BIGINT NOT NULL REFERENCES campaign (campaign_key),
  line INTEGER NOT NULL,
  customer TEXT NOT NULL,
  service TEXT NOT NULL,
  number TEXT,
  problem TEXT
);
CREATE INDEX campaign_row_campaign ON campaign_row (campaign_key, line);

-- The queue is put into order from this alone; only what a page shows is read.
CREATE INDEX application_care ON application (state_code, risk, sent_at, application_key);
