// Package param keeps the parameters of connections (tokens, consents, cursors
// of their own) sealed, and hands out leases.
//
// The values are sealed by a KeyRing: AES-256-GCM of Tink under data keys that
// lie in the database, themselves sealed ("wrapped") by the master key. The
// master key is never in the database. Whatever is sealed is bound to the
// installation and to its place (connection, name, version, …): moved elsewhere
// or put back to an older version it does not open.
//
// All types may be used from several goroutines.
package param
