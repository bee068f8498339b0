CREATE TABLE people (
  id    INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name  TEXT NOT NULL
);
CREATE TABLE meetings (
  id           INTEGER PRIMARY KEY,
  graph_id     TEXT NOT NULL,
  mailbox      TEXT NOT NULL,
  kind         TEXT NOT NULL,
  series       TEXT,
  title        TEXT,
  starts_at    TEXT,
  ends_at      TEXT,
  all_day      BOOLEAN,
  place        TEXT,
  organizer    TEXT,
  owner_id     INTEGER REFERENCES people (id),
  note         TEXT,
  gleis_intent TEXT UNIQUE
);
CREATE TABLE todos (
  id           INTEGER PRIMARY KEY,
  graph_id     TEXT NOT NULL,
  mailbox      TEXT NOT NULL,
  title        TEXT,
  status       TEXT,
  importance   TEXT,
  due          TEXT,
  gleis_intent TEXT UNIQUE
);
CREATE TABLE contacts (
  id           INTEGER PRIMARY KEY,
  graph_id     TEXT NOT NULL,
  mailbox      TEXT NOT NULL,
  given_name   TEXT,
  surname      TEXT,
  company      TEXT,
  job          TEXT,
  mobile       TEXT,
  origin       TEXT,
  gleis_intent TEXT UNIQUE
);
