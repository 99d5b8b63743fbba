-- What is known of a certificate, so that rules can be asked about it; nothing of those that older programs saw.
ALTER TABLE certificate ADD COLUMN found TEXT;
