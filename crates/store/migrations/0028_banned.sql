-- Documents that hold what is under a security ban (turvakielto), by their own word. Older programs did not ask.

ALTER TABLE archive_document ADD COLUMN banned BOOLEAN NOT NULL DEFAULT FALSE;
