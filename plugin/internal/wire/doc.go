// Package wire translates between the types of sdk and the messages of
// proto/connector/v1, both ways, for both ends of a connector process.
//
// What comes from the other end is taken as if from the network: unknown values
// are degraded as the protocol says, sizes are checked, and texts are kept valid
// UTF-8. Record data crosses as bytes and is never decoded.
package wire

import "github.com/gleis-dev/gleis/sdk"

// Limits of the protocol.
const (
	// MaxMessage is the largest message in bytes, both directions.
	MaxMessage = 16 << 20
	// MaxBatch bounds the data in bytes of one batch over all its parts, and of
	// every other answer that is put together of several messages.
	MaxBatch = 64 << 20
	// Revision of the protocol, for diagnosis.
	Revision = 1
	// TimeoutKey is the metadata key that carries the time limit of a call in
	// milliseconds.
	TimeoutKey = "gleis-timeout-ms"
	// IdleKey is the metadata key that carries in milliseconds how long the
	// connector may work in a streamed call between two messages.
	IdleKey = "gleis-idle-ms"

	partRecords = sdk.MaxBatchRecords
	partBytes   = sdk.MaxBatchBytes
	maxText     = 8 << 10 // bytes of an error's text
	maxJoined   = 100     // errors in one joined error
)
