-- What connectors have changed of their configuration themselves. The row stays when all of it is cleared: versions never go back.
CREATE TABLE overlays (
  cluster   TEXT NOT NULL,
  connector TEXT NOT NULL,
  version   INTEGER NOT NULL,
  sealed    BLOB NOT NULL,
  PRIMARY KEY (cluster, connector)
) STRICT, WITHOUT ROWID;

-- Up to which change of a cluster's overlays the workers have the secrets, where somebody else brings them.
CREATE TABLE overlay_deliveries (
  cluster  TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
