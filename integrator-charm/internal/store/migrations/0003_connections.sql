-- Connections that somebody made. What is declared, or comes by itself, is not here. A generation is never given twice, also not
-- after its connection is gone.

CREATE TABLE connections (
  generation INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  by         TEXT NOT NULL,
  changed    INTEGER NOT NULL,
  spec       TEXT NOT NULL
) STRICT;

-- That an attempt with a spec got in: what is refused afterwards has expired, also after a restart.
CREATE TABLE connection_successes (
  id   TEXT NOT NULL,
  part TEXT NOT NULL,
  spec TEXT NOT NULL, -- its digest
  at   INTEGER NOT NULL,
  PRIMARY KEY (id, part)
) STRICT, WITHOUT ROWID;
