-- Lines are looked for by their seal once they have one: a line that is written needs no entry there before.
DROP INDEX archive_use_seal_lines;
CREATE INDEX archive_use_seal_lines ON archive_use (seal, use_key) WHERE seal IS NOT NULL;
DROP INDEX archive_use_controller_seal;
CREATE INDEX archive_use_controller_seal ON archive_use (controller, seal) WHERE seal IS NOT NULL;
