-- The unit that a later version, or an addition, was made in, where it is another than the one that its set is counted to.
ALTER TABLE archive_document ADD COLUMN made_in TEXT;
