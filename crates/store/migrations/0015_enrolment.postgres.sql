-- Who receives renewal requests for a unit.
CREATE INDEX directory_right_unit ON directory_right ((body::jsonb ->> 'unit'))
  WHERE until_version IS NULL AND service = 'renewal-reception';
