-- What `same` is for, in PostgreSQL's words; and that nothing dangles, and nothing of the past is changed.
CREATE FUNCTION directory_row_alone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE taken BOOLEAN;
BEGIN
  IF NEW.same IS NULL OR NEW.valid_until <= NEW.valid_from THEN RETURN NEW; END IF;
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.%I WHERE same = $1 AND until_version IS NULL
    AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > $2)) AND ($3 IS NULL OR $3 > valid_from))',
    TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO taken USING NEW.same, NEW.valid_from, NEW.valid_until;
  IF taken THEN RAISE EXCEPTION 'two rows of % would hold at one moment', TG_TABLE_NAME USING ERRCODE = 'exclusion_violation'; END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION directory_row_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE host TEXT; point TEXT;
BEGIN
  host := to_jsonb(NEW) ->> TG_ARGV[0];
  IF NOT EXISTS (SELECT 1 FROM directory_joiner WHERE oid = host AND until_version IS NULL) THEN
    RAISE EXCEPTION 'a row of % names no joiner', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  point := to_jsonb(NEW) ->> 'access_point';
  IF point IS NOT NULL AND NOT EXISTS (SELECT 1 FROM directory_access_point WHERE oid = point AND until_version IS NULL) THEN
    RAISE EXCEPTION 'a row of % names no access point', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION directory_row_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS DISTINCT FROM OLD.until_version) THEN
    RAISE EXCEPTION 'what % holds is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION directory_past_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what % holds is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER directory_joiner_alone BEFORE INSERT ON directory_joiner FOR EACH ROW EXECUTE FUNCTION directory_row_alone();
CREATE TRIGGER directory_access_point_alone BEFORE INSERT ON directory_access_point FOR EACH ROW EXECUTE FUNCTION directory_row_alone();
CREATE TRIGGER directory_right_alone BEFORE INSERT ON directory_right FOR EACH ROW EXECUTE FUNCTION directory_row_alone();
CREATE TRIGGER directory_tenant_alone BEFORE INSERT ON directory_tenant FOR EACH ROW EXECUTE FUNCTION directory_row_alone();
CREATE TRIGGER directory_closing_alone BEFORE INSERT ON directory_closing FOR EACH ROW EXECUTE FUNCTION directory_row_alone();
CREATE TRIGGER directory_right_stands BEFORE INSERT ON directory_right FOR EACH ROW EXECUTE FUNCTION directory_row_stands('joiner');
CREATE TRIGGER directory_tenant_stands BEFORE INSERT ON directory_tenant FOR EACH ROW EXECUTE FUNCTION directory_row_stands('host');
CREATE TRIGGER directory_change_stays BEFORE UPDATE OR DELETE ON directory_change FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_leaf_stays BEFORE UPDATE OR DELETE ON directory_leaf FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_joiner_stays BEFORE DELETE ON directory_joiner FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_access_point_stays BEFORE DELETE ON directory_access_point FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_right_stays BEFORE DELETE ON directory_right FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_tenant_stays BEFORE DELETE ON directory_tenant FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_closing_stays BEFORE DELETE ON directory_closing FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_joiner_ends BEFORE UPDATE ON directory_joiner FOR EACH ROW EXECUTE FUNCTION directory_row_only_ends();
CREATE TRIGGER directory_access_point_ends BEFORE UPDATE ON directory_access_point FOR EACH ROW EXECUTE FUNCTION directory_row_only_ends();
CREATE TRIGGER directory_right_ends BEFORE UPDATE ON directory_right FOR EACH ROW EXECUTE FUNCTION directory_row_only_ends();
CREATE TRIGGER directory_tenant_ends BEFORE UPDATE ON directory_tenant FOR EACH ROW EXECUTE FUNCTION directory_row_only_ends();
CREATE TRIGGER directory_closing_ends BEFORE UPDATE ON directory_closing FOR EACH ROW EXECUTE FUNCTION directory_row_only_ends();
CREATE TRIGGER directory_joiner_kept BEFORE TRUNCATE ON directory_joiner FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_access_point_kept BEFORE TRUNCATE ON directory_access_point FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_right_kept BEFORE TRUNCATE ON directory_right FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_tenant_kept BEFORE TRUNCATE ON directory_tenant FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_closing_kept BEFORE TRUNCATE ON directory_closing FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_change_kept BEFORE TRUNCATE ON directory_change FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_leaf_kept BEFORE TRUNCATE ON directory_leaf FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
