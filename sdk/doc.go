// Package sdk is what the author of a connector imports: the interfaces a
// connector implements, the records it moves, the schema and the settings it
// describes, and the errors it answers with. It needs nothing but the standard
// library.
//
// A connector is a Go type with two required methods (Conn) and as many of the
// optional one-method interfaces (Reader, Writer, Querier, Finder, Stepper,
// Partitioner, Poller, Checker, Chooser, Authorizer, BlobOpener) as apply.
// Define turns the type into a Connector; what the connector can do is read off
// the type, never declared by hand.
//
// # Ownership
//
// Slices and maps handed to a callee stay the caller's: a callee that keeps
// them copies them. A Batch handed to Emit belongs to the host until Emit
// returns and to the connector again afterwards, so its buffers may be reused.
//
// # Concurrency
//
// A Conn is used from several goroutines at a time. Emit is called from one
// goroutine at a time and never after the method it was handed to has returned.
package sdk
