-- How long a document is to be kept, by the class that it says (1.2.246.537.5.40158.2008).

ALTER TABLE archive_document ADD COLUMN retention TEXT;
