-- Until when a message is on its way to its unit, brought or fetched: before that nobody else takes it.
ALTER TABLE outbound_message ADD COLUMN claimed_until BIGINT;
