-- Whom each change of the directory names, so that nobody's log is read by reading everybody's. A row with no OID says that a change has
-- been looked through.
CREATE TABLE directory_concerned (
  oid TEXT NOT NULL,
  version BIGINT NOT NULL REFERENCES directory_change (version),
  PRIMARY KEY (oid, version)
);
