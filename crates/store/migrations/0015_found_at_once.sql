-- What pages ask for is found by an index, not by reading everything: whose tenant somebody is.
CREATE INDEX directory_tenant_tenant ON directory_tenant (tenant) WHERE until_version IS NULL;
-- And what a register said of somebody at an earlier time.
CREATE INDEX register_entry_ever ON register_entry (register, id);
