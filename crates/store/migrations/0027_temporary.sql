-- Documents of persons whose identifier was a temporary one: the next version may name the person by an identity code. Of what older programs
-- stored that is not known.

ALTER TABLE archive_document ADD COLUMN temporary BOOLEAN NOT NULL DEFAULT FALSE;
