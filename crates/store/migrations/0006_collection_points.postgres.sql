-- The same holds of them as of the others.
CREATE TRIGGER directory_collection_point_alone BEFORE INSERT ON directory_collection_point FOR EACH ROW EXECUTE FUNCTION directory_row_alone();
CREATE TRIGGER directory_collection_point_stays BEFORE DELETE ON directory_collection_point FOR EACH ROW EXECUTE FUNCTION directory_past_stays();
CREATE TRIGGER directory_collection_point_ends BEFORE UPDATE ON directory_collection_point FOR EACH ROW EXECUTE FUNCTION directory_row_only_ends();
CREATE TRIGGER directory_collection_point_kept BEFORE TRUNCATE ON directory_collection_point FOR EACH STATEMENT EXECUTE FUNCTION directory_past_stays();
