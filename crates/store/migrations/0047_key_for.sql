-- For whom a key is meant: whoever else has it cannot use it.
ALTER TABLE handover_key ADD COLUMN meant_for TEXT;
