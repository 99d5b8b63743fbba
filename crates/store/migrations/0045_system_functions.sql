-- What is declared of a system's functions: no register that is read has more than two of them.
CREATE TABLE system_functions (
  system TEXT PRIMARY KEY,
  functions TEXT NOT NULL,
  source TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_whom TEXT NOT NULL
);
