CREATE TABLE meetings (
  id INTEGER PRIMARY KEY, graph_id TEXT NOT NULL, mailbox TEXT NOT NULL, title TEXT, starts_at TEXT, ends_at TEXT, place TEXT, note TEXT,
  gleis_intent TEXT UNIQUE
);
CREATE TABLE todos (
  id INTEGER PRIMARY KEY, graph_id TEXT NOT NULL, mailbox TEXT NOT NULL, title TEXT, status TEXT, due TEXT, gleis_intent TEXT UNIQUE
);
CREATE TABLE contacts (
  id INTEGER PRIMARY KEY, graph_id TEXT NOT NULL, mailbox TEXT NOT NULL, given_name TEXT, surname TEXT, company TEXT, gleis_intent TEXT UNIQUE
);
CREATE TABLE listed (
  id INTEGER PRIMARY KEY, graph_id TEXT NOT NULL, mailbox TEXT NOT NULL, title TEXT, starts_at TEXT, gleis_intent TEXT UNIQUE
);
