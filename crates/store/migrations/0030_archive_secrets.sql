-- Keys of the archive that outlast its own: what persons are found by stays the same when that is replaced.

CREATE TABLE archive_secret (
  name TEXT PRIMARY KEY,
  wrapped {BLOB} NOT NULL
);
