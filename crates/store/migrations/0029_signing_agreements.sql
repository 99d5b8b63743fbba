-- Suppliers of whole services that sign with a certificate of their system, by agreement with the joiner (guide 3.3).

CREATE TABLE signing_agreement (
  agreement_key {KEY},
  joiner TEXT NOT NULL,
  supplier TEXT NOT NULL,
  system TEXT NOT NULL,
  reference TEXT NOT NULL,
  agreed_by TEXT NOT NULL,
  agreed_at BIGINT NOT NULL,
  ended_at BIGINT
);
-- One counts at a time: whoever ends it ends it.
CREATE UNIQUE INDEX signing_agreement_counts ON signing_agreement (joiner, supplier, system) WHERE ended_at IS NULL;
