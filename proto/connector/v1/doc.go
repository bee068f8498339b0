// Package connectorv1 is the protocol between a Gleis host and a connector
// process, generated from the .proto files beside it, which document it.
package connectorv1
