// Package graphsim is a Microsoft 365 that runs on a laptop: a stateful simulator of Microsoft Graph v1.0 and of the identity platform
// through which programs and people sign in, made for tests, demonstrations and the development of connectors.
//
// [New] makes a tenant from a seed: users with and without mailbox, groups, calendars with single events, series, exceptions and meetings
// that several people share, To Do lists, contacts and, if asked for, mail and rooms. The same seed and clock give the same tenant, byte for
// byte. The [Server] is an [http.Handler] that serves both origins, Graph's (/v1.0/...) and the login's (/{tenant}/oauth2/v2.0/token), under
// one address; give that address to the client as both base URLs; a [Certificate] serves it by https. [Server.Control] is the back door of a
// test: clock, faults, edits as a person would make them, request counts, and the true content of a mailbox to compare with.
//
// Only what Microsoft Graph has is offered; an unknown path answers as Graph does. Facts come from the Graph documentation
// (microsoft-graph-docs), its CSDL document and public issue reports, named where they are used.
//
// Everything exported is safe for concurrent use. Bytes and maps handed out belong to the caller.
//
// # Files
//
// One concept a file; the names begin with their subject. The service, which knows nothing of what it serves:
//
//   - server, handle, router, routes, body*: a request becomes a call, is matched against the table of routes, checked and handed to the
//     row's handler, which builds a reply.
//   - config, certificate, doc: what is set, https, this map.
//   - permission*, access: what a row asks of a token, and what a person or an application may open with it.
//   - apierror, batch, throttle*, fault, requestlog: how the service refuses, bundles, limits and breaks, and what it notes down.
//   - collection*, query*, prefer, page: what a list answers to the options of a query, by a table with a row for each list; its pages. The
//     options themselves are read by the package internal/odata.
//   - metadata: the data model, by the package internal/csdl.
//   - identity*: signing in, with the package internal/entra behind it: the v2.0 endpoints with their grants and pages, registered apps,
//     consents, and the tokens that Graph accepts.
//   - jsontext, moment, zone, ident*, sign: stored texts and the writing of JSON, instants, time zones, ids, and signatures on what clients
//     bring back.
//
// What is served:
//
//   - tenant, seed*: the company and its mailboxes, and what a seed puts into them.
//   - directory*: users, groups, contacts of the organisation and places, by tables of rules, and the log behind their delta.
//   - mailbox*: settings, time zones and free/busy of a mailbox as a whole.
//   - calendar*: calendars, their groups, and how people share them.
//   - event*, recurrence*: what a calendar stores (single events, series with their exceptions) and how a series becomes occurrences.
//     Occurrences are never stored; their id is the series' id with a date.
//   - meeting*: how an event spreads to the calendars of others, and their answers.
//   - mail*, message*: folders and messages, made when first asked for; sending puts copies into the inboxes of the tenant and a record into
//     the outbox.
//   - todo*, task*, contact*: To Do and contacts.
//   - attachment*, upload, extras, extended, extension*, category, photo*: what items of several kinds may carry, most of it behind one
//     pointer that most leave nil.
//   - delta*: rounds of changes. Each collection keeps a log of what changed, its feed; a delta token is a position in that log with its
//     window, so that rounds need no memory on the server and survive a restart with the same state.
//   - subscription*, notice*: change notifications, read from the same logs.
//
// Around it:
//
//   - control*: the back door; controlhttp and controltable offer it to clients in other languages, below [ControlPrefix].
//   - state*: everything that is stored, as JSON.
//
// # The way of a request
//
// Server.ServeHTTP reads the body and makes a call. Server.handle takes it through admit (route, token, permission, mailbox, query), past
// the gates (throttling) and the planned faults to run, which calls the handler. A handler takes what it needs from the call (vars, query,
// prefer, box), changes the tenant, logs what it changed in feeds, and returns a reply or an apiError. After a write, afterWrite compares
// the feeds with the subscriptions and sends notices in the background. Control.Do and the items of a batch enter at Server.handle.
//
// # Locks
//
// In this order, each taken while the ones before it may be held, none of them twice:
//
//  1. Server.swap: read by every request; written when LoadState replaces the whole state.
//  2. Server.mu: the tenant and all that hangs on it. run takes it for reading when the method is GET and for writing otherwise, so a
//     handler of GET changes nothing but what is atomic: the store of mail made at first use, and counts of delta tokens. Handlers marked
//     unlocked take it themselves, since they call out or run other calls.
//  3. the platform's own lock in internal/entra, which asks for people while the caller holds Server.mu.
//  4. gates, faults, log and zones: each with a lock of its own that is held for a few lines and takes no other.
//
// Nothing is sent over the network while Server.mu is held.
//
// # How to add
//
//   - A route: a row in the subject's ...routes file, with its permission and handler; a row in internal/csdl's model.txt for what it shows.
//   - A collection: a row in collections that says how it pages, filters and sorts; its handler ends in listPage or writePage.
//   - A stored thing: a field on the mailbox, the tenant or an item, and a line in its method state (see state.go).
//   - A command of Control: a method with plain arguments and results, and a row in controlCalls.
//
// For each of these a test tells what was forgotten.
package graphsim
