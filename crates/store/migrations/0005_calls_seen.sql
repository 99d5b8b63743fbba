-- What gateways tell of calls: refusals, and a sample of what passed. Kept for a while (`liitos_service::directory::calls`).
CREATE TABLE gateway_call (
  row_key {KEY},
  at BIGINT NOT NULL,
  decision TEXT,
  certificate TEXT NOT NULL,
  body TEXT NOT NULL,
  gateway TEXT NOT NULL
);
CREATE UNIQUE INDEX gateway_call_once ON gateway_call (decision, at) WHERE decision IS NOT NULL;
CREATE INDEX gateway_call_at ON gateway_call (at);
CREATE INDEX gateway_call_certificate ON gateway_call (certificate, at);
