-- What documents rest on that are kept together, looked at in the very statement that keeps them: one way there and back instead of five. It holds until
-- they are kept, since nobody takes the lock alone before; where something has changed, nothing of the statement stays. Ids stand one after the other with
-- spaces between.
CREATE FUNCTION archive_rests(
    lock_class INTEGER, lock INTEGER, versions BIGINT, imports BIGINT, runs BIGINT, changes BIGINT, stored_at BIGINT,
    documents TEXT, matters TEXT, matter_documents BIGINT
) RETURNS VOID LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(lock_class, lock);
    -- A question of its own sees what was committed while the lock was waited for.
    IF versions <> (SELECT coalesce(max(version), 0) FROM directory_change)
        OR imports <> (SELECT count(*) FROM register_import)
        OR runs <> (SELECT count(*) FROM controller_run)
        OR changes <> (SELECT coalesce(sum(revision), 0) FROM controller_run)
        OR EXISTS (SELECT 1 FROM archive_given_out WHERE at >= stored_at)
        OR EXISTS (SELECT 1 FROM document WHERE document_id = ANY (string_to_array(documents, ' ')))
        OR (matters <> '' AND matter_documents <> (SELECT count(*) FROM archive_matter WHERE matter = ANY (string_to_array(matters, ' '))))
    THEN
        RAISE EXCEPTION 'what the documents rest on has changed' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;
