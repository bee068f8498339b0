// Package boundary measures what it costs to move records of 1 KiB from a
// connector's process to the host's: as Gleis does it, raw bytes in batches that
// wait for the host's commit, and as one structpb message a record over the same
// kind of socket of a plugin of its own.
//
// Both sides send what is made beforehand, and neither looks inside what it
// receives: the boundary alone is measured. The other side is given the
// advantage that nobody waits for an answer.
package boundary
