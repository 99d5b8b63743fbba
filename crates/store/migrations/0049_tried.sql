-- When a message was last tried to be brought; nothing of those that were not, or by older programs.
ALTER TABLE outbound_message ADD COLUMN tried_at BIGINT;
CREATE INDEX outbound_message_tried ON outbound_message (tried_at) WHERE tried_at IS NOT NULL;
