#!/usr/bin/env bash
# 72,000 rows of the register table into the same database by Python's sqlite3, without parsing anything: the floor.
set -euo pipefail
python3 - <<'PY'
import os, sqlite3, tempfile, time
folder = tempfile.mkdtemp()
db = sqlite3.connect(os.path.join(folder, "peer.db"))
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA synchronous=FULL")
db.executescript("""CREATE TABLE register_entry (entry_key INTEGER PRIMARY KEY AUTOINCREMENT, register TEXT, id TEXT, name TEXT,
 business_id TEXT, parent TEXT, valid_from BIGINT, valid_until BIGINT, known_from BIGINT, known_until BIGINT, fields TEXT);
 CREATE UNIQUE INDEX a ON register_entry (register, id) WHERE known_until IS NULL;
 CREATE INDEX b ON register_entry (register, parent) WHERE known_until IS NULL;""")
rows = [("sote", f"1.2.246.10.{10000000 + n // 10}.10.{n % 10}", f"Mittausyksikkö {n}", None, f"1.2.246.10.{10000000 + n // 10}.10.0",
         1262296801000000, 4133980800000000, 1, None, '{"officestreetaddress":"Mittauskatu","postnumber":"00100","postoffice":"Helsinki"}') for n in range(72000)]
begun = time.perf_counter()
with db:
    db.executemany("INSERT INTO register_entry (register,id,name,business_id,parent,valid_from,valid_until,known_from,known_until,fields) VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
print(f"  peer: 72000 rows in {1000 * (time.perf_counter() - begun):.0f} ms")
PY
