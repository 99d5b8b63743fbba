-- The same holds of them as of the others.
CREATE TRIGGER directory_collection_point_alone BEFORE INSERT ON directory_collection_point
  WHEN NEW.same IS NOT NULL AND (NEW.valid_until IS NULL OR NEW.valid_until > NEW.valid_from) AND EXISTS (SELECT 1 FROM directory_collection_point
    WHERE same = NEW.same AND until_version IS NULL AND (valid_until IS NULL OR (valid_until > valid_from AND valid_until > NEW.valid_from))
    AND (NEW.valid_until IS NULL OR NEW.valid_until > valid_from))
  BEGIN SELECT RAISE(ABORT, 'two rows of directory_collection_point would hold at one moment'); END;
CREATE TRIGGER directory_collection_point_stays BEFORE DELETE ON directory_collection_point
  BEGIN SELECT RAISE(ABORT, 'what directory_collection_point holds is never changed'); END;
CREATE TRIGGER directory_collection_point_ends BEFORE UPDATE ON directory_collection_point
  WHEN NEW.body <> OLD.body OR NEW.since_version <> OLD.since_version
    OR (OLD.until_version IS NOT NULL AND NEW.until_version IS NOT OLD.until_version)
  BEGIN SELECT RAISE(ABORT, 'what directory_collection_point holds is never changed'); END;
