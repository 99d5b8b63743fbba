-- The year in which whom a document is about was born, 0 where it does not say, and the year until which it is kept by a day of its own: by them its time of
-- being kept ends. Of what older programs stored both are written by the round through all bodies, which knows it by the first.
ALTER TABLE archive_document ADD COLUMN born INTEGER;
ALTER TABLE archive_document ADD COLUMN kept_until INTEGER;
CREATE INDEX archive_document_born ON archive_document (born) WHERE born > 0;
