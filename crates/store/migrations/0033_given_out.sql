-- The moments as of which registers were given out: what is stored behind one is stored after it. What an older program gives out is not among them.
CREATE TABLE archive_given_out (
    given_out_key {KEY},
    at BIGINT NOT NULL
);
CREATE INDEX archive_given_out_at ON archive_given_out (at);
