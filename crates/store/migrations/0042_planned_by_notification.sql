-- The organisational change that a notification became: one of another Business ID is planned and followed.
ALTER TABLE notification ADD COLUMN organisational_change TEXT;
