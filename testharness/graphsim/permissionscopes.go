package graphsim

import "slices"

// delegatedScopes are the delegated permissions that the served routes accept, and those that programs ask for beside them.
func delegatedScopes() []string {
	out := []string{
		"Calendars.Read.Shared", "Calendars.ReadWrite.Shared", "Contacts.Read.Shared", "Contacts.ReadWrite.Shared", "Mail.Read", "Mail.ReadBasic",
		"Mail.ReadWrite", "Mail.Send", "Mail.Read.Shared", "Mail.ReadWrite.Shared", "Mail.Send.Shared", "MailboxSettings.Read", "MailboxSettings.ReadWrite",
		"Tasks.Read.Shared", "Tasks.ReadWrite.Shared", "User.Read", "User.ReadWrite",
	}
	for _, row := range routes() {
		out = append(out, row.needs.scopes...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
