-- Whoever's unit it is reads what came to it: without going through everybody's.
CREATE INDEX outbound_message_unit ON outbound_message (unit, taken_at);
