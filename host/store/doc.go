// Package store keeps the host's memory in one SQLite database: links, positions,
// holds, parked records, runs with their journal, and parameters. *DB implements
// the small interfaces that its users declare (run.Store, param.Backend).
//
// What is sealed: the values of parameters and the cursors of positions (they
// name mailboxes). Neither is in any file in the clear, in the write-ahead log
// either. What is not sealed: keys, stamps, base copies and the journal, because
// they are searched; names of connections, processes, partitions and parameters.
// The files are readable by their owner only.
//
// Every change is one transaction, durable (synchronous FULL) when the call
// returns; a call that returns an error has changed nothing. Writers queue for
// the one writing connection; readers see the last commit and wait for nobody.
// All methods may be called from several goroutines.
//
// Texts are kept and compared byte for byte. The store keeps no slice that it is
// given and hands out none that it keeps.
package store
