-- Where a system's supplier is written to, in which language.
CREATE TABLE system_supplier (
  system TEXT PRIMARY KEY,
  mail TEXT NOT NULL,
  language TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_whom TEXT NOT NULL
);
