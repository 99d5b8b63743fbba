-- What `same` is for, in SQLite's words; and that nothing dangles, and nothing of the past is changed.
CREATE TRIGGER directory_joiner_alone BEFORE INSERT ON directory_joiner
  WHEN NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (SELECT 1 FROM directory_joiner
    WHERE same = NEW.same AND until_version IS NULL AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > NEW.valid_from))
    AND (NEW.valid_until IS NULL OR NEW.valid_until > valid_from))
  BEGIN SELECT RAISE(ABORT, 'two rows of directory_joiner would hold at one moment'); END;
CREATE TRIGGER directory_access_point_alone BEFORE INSERT ON directory_access_point
  WHEN NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (SELECT 1 FROM directory_access_point
    WHERE same = NEW.same AND until_version IS NULL AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > NEW.valid_from))
    AND (NEW.valid_until IS NULL OR NEW.valid_until > valid_from))
  BEGIN SELECT RAISE(ABORT, 'two rows of directory_access_point would hold at one moment'); END;
CREATE TRIGGER directory_right_alone BEFORE INSERT ON directory_right
  WHEN NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (SELECT 1 FROM directory_right
    WHERE same = NEW.same AND until_version IS NULL AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > NEW.valid_from))
    AND (NEW.valid_until IS NULL OR NEW.valid_until > valid_from))
  BEGIN SELECT RAISE(ABORT, 'two rows of directory_right would hold at one moment'); END;
CREATE TRIGGER directory_tenant_alone BEFORE INSERT ON directory_tenant
  WHEN NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (SELECT 1 FROM directory_tenant
    WHERE same = NEW.same AND until_version IS NULL AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > NEW.valid_from))
    AND (NEW.valid_until IS NULL OR NEW.valid_until > valid_from))
  BEGIN SELECT RAISE(ABORT, 'two rows of directory_tenant would hold at one moment'); END;
CREATE TRIGGER directory_closing_alone BEFORE INSERT ON directory_closing
  WHEN NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (SELECT 1 FROM directory_closing
    WHERE same = NEW.same AND until_version IS NULL AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > NEW.valid_from))
    AND (NEW.valid_until IS NULL OR NEW.valid_until > valid_from))
  BEGIN SELECT RAISE(ABORT, 'two rows of directory_closing would hold at one moment'); END;
CREATE TRIGGER directory_right_stands BEFORE INSERT ON directory_right
  WHEN NOT EXISTS (SELECT 1 FROM directory_joiner WHERE oid = NEW.joiner AND until_version IS NULL)
  BEGIN SELECT RAISE(ABORT, 'a row of directory_right names no joiner'); END;
CREATE TRIGGER directory_tenant_stands BEFORE INSERT ON directory_tenant
  WHEN NOT EXISTS (SELECT 1 FROM directory_joiner WHERE oid = NEW.host AND until_version IS NULL)
  BEGIN SELECT RAISE(ABORT, 'a row of directory_tenant names no joiner'); END;
CREATE TRIGGER directory_right_reached BEFORE INSERT ON directory_right
  WHEN NOT EXISTS (SELECT 1 FROM directory_access_point WHERE oid = NEW.access_point AND until_version IS NULL)
  BEGIN SELECT RAISE(ABORT, 'a row of directory_right names no access point'); END;
CREATE TRIGGER directory_change_stays_update BEFORE UPDATE ON directory_change
  BEGIN SELECT RAISE(ABORT, 'what directory_change holds is never changed'); END;
CREATE TRIGGER directory_change_stays_delete BEFORE DELETE ON directory_change
  BEGIN SELECT RAISE(ABORT, 'what directory_change holds is never changed'); END;
CREATE TRIGGER directory_leaf_stays_update BEFORE UPDATE ON directory_leaf
  BEGIN SELECT RAISE(ABORT, 'what directory_leaf holds is never changed'); END;
CREATE TRIGGER directory_leaf_stays_delete BEFORE DELETE ON directory_leaf
  BEGIN SELECT RAISE(ABORT, 'what directory_leaf holds is never changed'); END;
CREATE TRIGGER directory_joiner_stays BEFORE DELETE ON directory_joiner
  BEGIN SELECT RAISE(ABORT, 'what directory_joiner holds is never changed'); END;
CREATE TRIGGER directory_access_point_stays BEFORE DELETE ON directory_access_point
  BEGIN SELECT RAISE(ABORT, 'what directory_access_point holds is never changed'); END;
CREATE TRIGGER directory_right_stays BEFORE DELETE ON directory_right
  BEGIN SELECT RAISE(ABORT, 'what directory_right holds is never changed'); END;
CREATE TRIGGER directory_tenant_stays BEFORE DELETE ON directory_tenant
  BEGIN SELECT RAISE(ABORT, 'what directory_tenant holds is never changed'); END;
CREATE TRIGGER directory_closing_stays BEFORE DELETE ON directory_closing
  BEGIN SELECT RAISE(ABORT, 'what directory_closing holds is never changed'); END;
CREATE TRIGGER directory_joiner_ends BEFORE UPDATE ON directory_joiner
  WHEN NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS NOT OLD.until_version)
  BEGIN SELECT RAISE(ABORT, 'what directory_joiner holds is never changed'); END;
CREATE TRIGGER directory_access_point_ends BEFORE UPDATE ON directory_access_point
  WHEN NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS NOT OLD.until_version)
  BEGIN SELECT RAISE(ABORT, 'what directory_access_point holds is never changed'); END;
CREATE TRIGGER directory_right_ends BEFORE UPDATE ON directory_right
  WHEN NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS NOT OLD.until_version)
  BEGIN SELECT RAISE(ABORT, 'what directory_right holds is never changed'); END;
CREATE TRIGGER directory_tenant_ends BEFORE UPDATE ON directory_tenant
  WHEN NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS NOT OLD.until_version)
  BEGIN SELECT RAISE(ABORT, 'what directory_tenant holds is never changed'); END;
CREATE TRIGGER directory_closing_ends BEFORE UPDATE ON directory_closing
  WHEN NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS NOT OLD.until_version)
  BEGIN SELECT RAISE(ABORT, 'what directory_closing holds is never changed'); END;
