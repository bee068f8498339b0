-- +goose Up

-- What the store knows about itself: "installation" is its identity, bound into everything sealed.
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers that only grow.
CREATE TABLE sequences (
  name  TEXT    NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The data keys, wrapped by the master key. meta and keyset are read before any migration: their shape never changes.
CREATE TABLE keyset (
  id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  wrapped BLOB    NOT NULL,
  version INTEGER NOT NULL,
  changed INTEGER NOT NULL
) STRICT;

CREATE TABLE params (
  connection TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  changed    INTEGER NOT NULL,
  sealed     BLOB    NOT NULL,
  PRIMARY KEY (connection, name)
) STRICT;

CREATE TABLE processes (
  id      INTEGER NOT NULL PRIMARY KEY,
  name    TEXT    NOT NULL UNIQUE,
  entries INTEGER NOT NULL DEFAULT 0 -- lines of this process in journal
) STRICT;

-- A part and its position. Every table below names parts by number: process and partition are stored once.
CREATE TABLE parts (
  id        INTEGER NOT NULL PRIMARY KEY,
  process   INTEGER NOT NULL REFERENCES processes (id),
  partition TEXT    NOT NULL,
  cursor    BLOB, -- sealed
  round     INTEGER NOT NULL DEFAULT 0,
  full      INTEGER NOT NULL DEFAULT 0,
  open      INTEGER NOT NULL DEFAULT 0,
  doubt     INTEGER NOT NULL DEFAULT 0,
  finished  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (process, partition)
) STRICT;

-- The columns that scans look at come first, the long one last.
CREATE TABLE links (
  id               INTEGER NOT NULL PRIMARY KEY,
  process          INTEGER NOT NULL REFERENCES processes (id),
  part             INTEGER NOT NULL REFERENCES parts (id),
  round            INTEGER NOT NULL,
  state            INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
  unknown          INTEGER NOT NULL CHECK (unknown IN (0, 1)),
  suspect          INTEGER NOT NULL CHECK (suspect IN (0, 1)),
  source_key       TEXT    NOT NULL,
  target_partition TEXT    NOT NULL,
  at               TEXT    NOT NULL,
  parent           TEXT    NOT NULL,
  target_key       TEXT    NOT NULL,
  target_at        TEXT    NOT NULL,
  source_stamp     TEXT    NOT NULL,
  target_stamp     TEXT    NOT NULL,
  intent           TEXT    NOT NULL,
  intent_at        TEXT    NOT NULL,
  base             BLOB
) STRICT;
CREATE UNIQUE INDEX links_own ON links (part, source_key, target_partition);
CREATE INDEX links_reverse ON links (process, target_key, target_at) WHERE target_key <> '';
CREATE INDEX links_state ON links (part, state);
CREATE INDEX links_creating ON links (part, source_key, target_partition) WHERE state = 1;
CREATE INDEX links_unknown ON links (part, source_key, target_partition) WHERE unknown = 1;
CREATE INDEX links_suspect ON links (part, source_key, target_partition) WHERE suspect = 1;
CREATE INDEX links_parent ON links (part, parent) WHERE parent <> '';

CREATE TABLE holds (
  part             INTEGER NOT NULL REFERENCES parts (id),
  source_key       TEXT    NOT NULL,
  target_partition TEXT    NOT NULL,
  target_key       TEXT    NOT NULL,
  state            TEXT    NOT NULL CHECK (state IN ('pending', 'held', 'released')),
  reason           TEXT    NOT NULL,
  since            INTEGER NOT NULL,
  PRIMARY KEY (part, source_key, target_partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE parked (
  part       INTEGER NOT NULL REFERENCES parts (id),
  source_key TEXT    NOT NULL,
  error      TEXT    NOT NULL,
  code       TEXT    NOT NULL,
  attempts   INTEGER NOT NULL,
  since      INTEGER NOT NULL,
  PRIMARY KEY (part, source_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  process INTEGER NOT NULL REFERENCES processes (id),
  started INTEGER NOT NULL,
  ended   INTEGER NOT NULL DEFAULT 0,
  sum     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX runs_process ON runs (process);

CREATE TABLE journal (
  id         INTEGER NOT NULL PRIMARY KEY,
  run        INTEGER NOT NULL,
  time       INTEGER NOT NULL,
  process    INTEGER NOT NULL REFERENCES processes (id),
  part       INTEGER NOT NULL REFERENCES parts (id),
  source_key TEXT    NOT NULL,
  target_key TEXT    NOT NULL,
  action     TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  detail     TEXT    NOT NULL
) STRICT;
CREATE INDEX journal_run ON journal (process, run);
CREATE INDEX journal_key ON journal (process, source_key);
