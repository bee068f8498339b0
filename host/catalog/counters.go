package catalog

import "sync/atomic"

// Counters count what goes through a connection since it was opened.
type Counters struct {
	Calls    atomic.Int64 // of the connector
	Errors   atomic.Int64 // calls that failed
	Panics   atomic.Int64
	Batches  atomic.Int64 // read
	Records  atomic.Int64 // read, good ones
	Bytes    atomic.Int64 // of Data read
	Refused  atomic.Int64 // records that were not fit to go on
	Written  atomic.Int64 // records handed over to be written
	Finished atomic.Int64 // of them, those known to be written
}

// Counters returns the counters of c; they go on counting.
func (c *Conn) Counters() *Counters { return &c.count }
