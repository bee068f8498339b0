// Package run carries records from a source to a target: emit, transform, links,
// decide, intent, write, commit, nil. A batch is a function call; the connector's
// emit returns only after the commit (Invariant 1). The package knows neither
// storage nor transport: both are handed in.
package run
