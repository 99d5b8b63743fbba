-- Whose a cell's documents are, as far as runs have been carried through; nothing in what older programs made, until a newer one starts and writes it. What
-- each document's row says of it (archive_document.active_controller) is whose it was when it was stored, or as an older program carried it.
ALTER TABLE archive_cell ADD COLUMN active TEXT;
-- What a run has found so far: before any of it is carried, or after.
ALTER TABLE controller_run ADD COLUMN ids_found TEXT;
