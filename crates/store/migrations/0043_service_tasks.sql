-- In which service tasks somebody works who has to join, by its own word: no register that is read has them.
CREATE TABLE service_tasks (
  joiner TEXT PRIMARY KEY,
  tasks TEXT NOT NULL,
  at BIGINT NOT NULL,
  by_whom TEXT NOT NULL
);
