// Package rest is HTTP for connectors. It sends a connection's token to the connection's own origins and nowhere else, reads bodies
// within limits, and says of every failed call what it means: an sdk.Error of the right kind, when to come back, and whether a write
// took place.
//
//   - Origins: a request goes only to an origin (scheme, host, port) of Config.Origins, compared exactly. That holds for links that the
//     system sent (next, delta, Location) and for redirects alike. net/http itself keeps the Authorization header on a redirect to
//     another port of the same host name, so this package follows redirects itself, of reading requests only.
//   - Bodies: at most Config.MaxBody bytes after decompression; a body that is cut short is an error. A body that was closed instead of
//     ended is not noticed by HTTP: Response.JSON, or whoever else reads it, notices.
//   - Outcome: OutcomeOf tells a request that took no effect from one that may have: the connection broke after something of it was sent, it took too
//     long, or the server failed (5xx).
//   - Repetition is not done here, see package pace; the one exception is a token that was refused (401), which is renewed once.
//
// Error texts name method, origin and path, never a query, a header or a body that was sent.
package rest
