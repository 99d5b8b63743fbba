-- The same is asked of a right as before, in statements that are planned once and not for each row: a move of thousands waits for them. That a plan was made
-- while the table was small must not make it look through all of it later.
CREATE FUNCTION directory_right_fits() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  IF NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (
    SELECT 1 FROM directory_right AS held WHERE held.same = NEW.same AND held.until_version IS NULL
      AND (held.valid_until IS NULL OR (held.valid_until > held.valid_from AND held.valid_until > NEW.valid_from))
      AND (NEW.valid_until IS NULL OR NEW.valid_until > held.valid_from)) THEN
    RAISE EXCEPTION 'two rows of % would hold at one moment', TG_TABLE_NAME USING ERRCODE = 'exclusion_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM directory_joiner WHERE oid = NEW.joiner AND until_version IS NULL) THEN
    RAISE EXCEPTION 'a row of % names no joiner', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM directory_access_point WHERE oid = NEW.access_point AND until_version IS NULL) THEN
    RAISE EXCEPTION 'a row of % names no access point', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER directory_right_alone ON directory_right;
DROP TRIGGER directory_right_stands ON directory_right;
CREATE TRIGGER directory_right_fits BEFORE INSERT ON directory_right FOR EACH ROW EXECUTE FUNCTION directory_right_fits();
