// Package msgraph is the connector for Microsoft 365 through Microsoft Graph v1.0: events, tasks and contacts of a selection of users.
//
// The users come from a list, a filter or a group (settings user_*). Each user is a partition of each object; a record is keyed by the
// id that the item has in that user's mailbox. Reading, looking up and writing go through the mailbox, and the field "user" names it.
//
// # Reading events
//
// A meeting lies in the mailboxes of all who take part. The organiser's copy is the one that is kept: if the organiser is among the
// selected users, the copies in other mailboxes are released (sdk.Release); if not, each copy is kept, marked isExternalOrganizer, and the
// other selected users are taken out of its attendees.
//
// Reading by filter lists single events, series and exceptions, never occurrences. The step "event" follows changes within a window of
// whole days around today with calendarView/delta; there an occurrence is a record of its own with seriesMasterId, made of its own id,
// start and end and of the fields of its series.
//
// # Deleting
//
// That an item is missing from a list, or marked @removed, does not mean that it was deleted: it may have left the window. The connector
// asks for it by id and reports sdk.Delete only for 404 ErrorItemNotFound followed by a successful read of the same mailbox (Invariant 3).
// Deleted occurrences are not reported by delta at all; for a series that has changed the connector lists its occurrences and hands them
// over as a Set.
//
// # Days of tasks
//
// The due, start and completion date of a task are days. To Do hands them out as the midnight of the zone that they were set in, converted; they
// are delivered as the nearest midnight in the connection's zone, so that the day is the one that was meant.
//
// # Where facts come from
//
// "microsoft-graph-docs" is the documentation at learn.microsoft.com/graph and its repository on GitHub with its issues; "contrib" is
// microsoftgraph/microsoft-graph-docs-contrib.
package msgraph
