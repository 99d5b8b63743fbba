-- A body of some kilobytes stays in its row: it is encrypted, and looking for what could be pressed together, or cutting it into pieces of 2 kB in a
-- table of their own, each with an entry in an index, costs and gains nothing. Longer ones go there as before.
ALTER TABLE archive_body ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE archive_body SET (toast_tuple_target = 8160);
