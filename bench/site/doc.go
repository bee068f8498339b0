// Package site sets up what a user of Gleis has: the program, built as make build
// builds it, and a folder with gleis.yaml that ties a simulated Microsoft 365 to a
// SQLite database. The program runs as its own process, and its connectors as
// processes of theirs.
package site
