-- Times are microseconds since 1970, 0 for none. Documents are JSON, and the business of who writes them.

CREATE TABLE runs (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  cluster  TEXT NOT NULL,
  kind     TEXT NOT NULL,
  by       TEXT NOT NULL,
  revision TEXT NOT NULL,
  began    INTEGER NOT NULL,
  ended    INTEGER NOT NULL,
  error    TEXT NOT NULL,
  plan     TEXT NOT NULL,
  summary  TEXT NOT NULL,
  changes  TEXT NOT NULL
) STRICT;
CREATE INDEX runs_of_cluster ON runs (cluster, id);

CREATE TABLE restarts (
  cluster   TEXT NOT NULL,
  connector TEXT NOT NULL,
  attempts  INTEGER NOT NULL,
  since     INTEGER NOT NULL,
  last      INTEGER NOT NULL,
  next      INTEGER NOT NULL,
  given_up  INTEGER NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (cluster, connector)
) STRICT, WITHOUT ROWID;

CREATE TABLE plans (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE,
  cluster  TEXT NOT NULL,
  digest   TEXT NOT NULL,
  revision TEXT NOT NULL,
  author   TEXT NOT NULL,
  created  INTEGER NOT NULL,
  state    TEXT NOT NULL,
  open     INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  reason   TEXT NOT NULL,
  changes  TEXT NOT NULL,
  needs    TEXT NOT NULL,
  outcome  TEXT NOT NULL
) STRICT;
CREATE INDEX plans_of_cluster ON plans (cluster, number);

CREATE TABLE approvals (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  plan    TEXT NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  who     TEXT NOT NULL,
  verdict TEXT NOT NULL,
  comment TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX approvals_of_plan ON approvals (plan, number);

CREATE TABLE silences (
  id      TEXT PRIMARY KEY,
  by      TEXT NOT NULL,
  comment TEXT NOT NULL,
  created INTEGER NOT NULL,
  begins  INTEGER NOT NULL,
  ends    INTEGER NOT NULL,
  matcher TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose a connector is, as last said: after its removal the state file no longer says it.
CREATE TABLE subjects (
  cluster   TEXT NOT NULL,
  connector TEXT NOT NULL,
  document  TEXT NOT NULL,
  sealed    BLOB NOT NULL,
  gone      INTEGER NOT NULL,
  PRIMARY KEY (cluster, connector)
) STRICT, WITHOUT ROWID;

-- What a receiver was told of a connector that is not well, and is not yet told to be over.
CREATE TABLE notices (
  cluster   TEXT NOT NULL,
  connector TEXT NOT NULL,
  receiver  TEXT NOT NULL,
  kind      TEXT NOT NULL,
  since     INTEGER NOT NULL,
  told      INTEGER NOT NULL,
  document  TEXT NOT NULL,
  sealed    BLOB NOT NULL,
  PRIMARY KEY (cluster, connector, receiver)
) STRICT, WITHOUT ROWID;

-- What is to be told, and waits to be put together with more of its kind.
CREATE TABLE events (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL,
  receiver TEXT NOT NULL,
  at       INTEGER NOT NULL,
  document TEXT NOT NULL,
  sealed   BLOB NOT NULL,
  UNIQUE (id, receiver)
) STRICT;
CREATE INDEX events_of_receiver ON events (receiver, number);

-- The outbox, and for a while what left it.
CREATE TABLE deliveries (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE,
  receiver TEXT NOT NULL,
  state    TEXT NOT NULL,
  created  INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next     INTEGER NOT NULL,
  ended    INTEGER NOT NULL,
  error    TEXT NOT NULL,
  document TEXT NOT NULL,
  sealed   BLOB NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (state, next);
CREATE INDEX deliveries_of_receiver ON deliveries (receiver, number);
