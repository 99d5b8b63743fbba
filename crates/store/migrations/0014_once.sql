-- What exists once at a time: a delegation, and where an answer's thing is found.
UPDATE delegation SET ended_at = granted_at, ended_by = 'twice'
WHERE ended_at IS NULL AND EXISTS (
  SELECT 1 FROM delegation AS first
  WHERE first.organisation = delegation.organisation AND first.delegate = delegation.delegate
    AND first.position = delegation.position AND first.ended_at IS NULL AND first.delegation_key < delegation.delegation_key
);
CREATE UNIQUE INDEX delegation_once ON delegation (organisation, delegate, position) WHERE ended_at IS NULL;
ALTER TABLE given_answer ADD COLUMN location TEXT;
-- Whether a sheet brought an application so far before.
CREATE INDEX campaign_row_number ON campaign_row (number);
