-- Collection points, as rows of the directory like its others.
CREATE TABLE directory_collection_point (
  row_key {KEY},
  body TEXT NOT NULL,
  since_version BIGINT NOT NULL REFERENCES directory_change (version),
  until_version BIGINT REFERENCES directory_change (version),
  same TEXT,
  valid_from BIGINT,
  valid_until BIGINT
);
CREATE INDEX directory_collection_point_same ON directory_collection_point (same) WHERE until_version IS NULL;
