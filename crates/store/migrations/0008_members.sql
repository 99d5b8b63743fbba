-- Positions that organisations grant by themselves. A row is an invitation until somebody has accepted it, and is never deleted.
CREATE TABLE member (
  member_key {KEY},
  organisation TEXT NOT NULL,
  position TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  invitation_hash TEXT NOT NULL UNIQUE,
  open_until BIGINT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  person TEXT,
  accepted_at BIGINT,
  ended_at BIGINT,
  ended_by TEXT
);
CREATE INDEX member_organisation ON member (organisation);
CREATE INDEX member_person ON member (person) WHERE ended_at IS NULL;
-- The service of mandates names organisations by their Business ID.
CREATE INDEX register_entry_business_id ON register_entry (business_id) WHERE known_until IS NULL;
