// Package plugin lets connectors run as processes of their own. Serve makes a
// program of an sdk.Connector, Load makes an sdk.Connector of a program again,
// and Loop does both within one process, for tests. A host that is handed
// connectors cannot tell a loaded one from a linked one: batches wait for the
// host's commit, errors keep their kinds, and cancelling reaches the connector.
//
// The processes are hashicorp/go-plugin plugins that speak the protocol of
// proto/connector/v1 over a unix socket with mutual TLS. A Plugin supervises its
// process: one that dies or hangs is started anew, its connections are opened
// again before their next call, and one that keeps dying is parked.
//
// Processes are supported on Linux and macOS. Elsewhere connectors are linked
// into the host, and Load says so.
package plugin
