-- Who receives renewal requests for a unit.
CREATE INDEX directory_right_unit ON directory_right (json_extract(body, '$.unit'))
  WHERE until_version IS NULL AND service = 'renewal-reception';
