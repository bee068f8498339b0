// Package graphsim is a Microsoft 365 that runs on a laptop: a stateful simulator of Microsoft Graph v1.0 and of the identity platform
// through which programs and people sign in, made for tests, demonstrations and the development of connectors.
//
// [New] makes a tenant from a seed: users with and without mailbox, groups, calendars with single events, series, exceptions and meetings
// that several people share, To Do lists and contacts. The same seed and clock give the same tenant, byte for byte. The [Server] is an
// [http.Handler] that serves both origins, Graph's (/v1.0/...) and the login's (/{tenant}/oauth2/v2.0/token), under one address; give that
// address to the client as both base URLs; a [Certificate] serves it by https. [Server.Control] is the back door of a test: clock, faults, edits as a person would make them,
// request counts, and the true content of a mailbox to compare with.
//
// How it is built, one concept a file:
//
//   - server, router, routes: a request becomes a call, is matched against the table of routes, checked (token, role, mailbox, throttle,
//     planned faults) and handed to its handler under the tenant's lock; handlers only build a reply.
//   - tenant, seed*: the directory and its content.
//   - permission, access: what a row of the table asks of a token, and what a person or an application may open with it; calendarpermission
//     and sharedcalendar are how people let each other.
//   - directory*, user, group, place: what the directory offers of its objects, by tables of rules, and the log behind its delta.
//   - mailboxsettings, schedule, timezones: a mailbox as a whole.
//   - event*, recurrence*, location, reminder, calendar*, moment, zone: what a calendar stores (single events, series with their exceptions) and how a series becomes
//     occurrences. Occurrences are never stored; their id is the series' id with a date.
//   - identity: signing in, with the package internal/entra behind it: the v2.0 endpoints with their grants and pages, registered apps,
//     consents, and the tokens that Graph accepts.
//   - meeting*, room, onlinemeeting, outbox: the copies of a meeting, how changes and answers travel between them, and the mail it would have sent.
//   - ident, icaluid, prefer, translateid: ids of items and what a client may ask of answers.
//   - feed, delta, eventdelta, deltaoddity: each collection keeps a log of what changed; a delta token is a position in that log with its window, so
//     that rounds need no memory on the server and survive a restart with the same state.
//   - extras, extended, extension: what items of all kinds may carry besides their own properties, behind one pointer that most leave nil.
//   - mailstore, mailfolder, message*, mail*: the folders and messages of a mailbox, made when first asked for; sending puts copies into the
//     inboxes of the tenant and a record into the outbox. attachment*, upload: what hangs on messages, events and tasks.
//   - todo, task*, contact*, category, photo, metadata: what their names say.
//   - batch, throttle*, fault: how the service limits, refuses and breaks; Control plans it.
//   - subscription*, watched, notice, deliver, richnotice: change notifications, read from the same logs as delta rounds.
//   - state*, archive: the whole state as JSON. controlhttp, controltable: Control for clients in other languages, below [ControlPrefix].
//
// Only what Microsoft Graph has is offered; an unknown path answers as Graph does. Facts come from the Graph documentation
// (microsoft-graph-docs), its CSDL document and public issue reports, named where they are used.
//
// Everything exported is safe for concurrent use. Bytes and maps handed out belong to the caller.
package graphsim
