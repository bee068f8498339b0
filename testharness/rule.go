package testharness

import (
	"context"

	"github.com/gleis-dev/gleis/sdk"
)

// rule is one promise that every connector keeps.
type rule struct {
	name  string
	text  string           // what is promised, said when it is broken
	needs []sdk.Capability // a connector without one of these is not asked
	can   func(s *session) (bool, string)
	check func(ctx context.Context, s *session) error
}

// rules in the order in which they are tried: each leans on those before it.
func rules() []rule {
	read, write := sdk.CanRead, sdk.CanWrite
	return []rule{
		{"schema", "the schema is consistent, names the object with its key, and is the same when asked twice", nil, nil, ruleSchema},
		{"read", "a round begins with Start, ends with Done, and lists each record with key and JSON data; keys that are asked for are answered once each", []sdk.Capability{read}, nil, ruleRead},
		{"resume", "after every batch, reading on from its cursor brings all that is missing", []sdk.Capability{read}, nil, ruleResume},
		{"cursors", "a cursor stays under the limit, can be used again, and a finished round goes on with what has changed", []sdk.Capability{read}, canTouch, ruleCursors},
		{"write", "created records are answered with their keys in order and can be read back as written, nothing else changes, and a dry run changes nothing", []sdk.Capability{read, write}, canFresh, ruleWrite},
		{"update", "an updated record can be read back as written, nothing else changes, and what does not exist is not updated", []sdk.Capability{read, write}, canChange, ruleUpdate},
		{"delete", "a deleted record is confirmed as deleted when asked for by key, no other is gone, and deleting it again does no harm", []sdk.Capability{read, write}, canDelete, ruleDelete},
		{"find", "a create whose answer was lost is found again, once", []sdk.Capability{write, sdk.CanFind}, canLose, ruleFind},
		{"stamps", "a stamp, where there are any, changes with the record and only with it, and a write with a stale stamp is a conflict that changes nothing", []sdk.Capability{read, write}, canChange, ruleStamps},
		{"only changed fields", "an update changes the fields it names and no other; null clears", []sdk.Capability{read, write}, canChange, ruleOnlyChanged},
		{"cancel", "a cancelled read ends within a second, and the connection works on", []sdk.Capability{read}, nil, ruleCancel},
		{"kill and restart", "after kill -9 the call under way fails, the next one works, and nothing is missing", []sdk.Capability{read}, canKill, ruleKill},
		{"throttle", "a refusal for too many requests is waited out or comes back as throttled with the time to wait, and can be cancelled", []sdk.Capability{read}, canThrottle, ruleThrottle},
		{"secrets", "no secret shows in a log line or an error", nil, canSecret, ruleSecrets},
		{"quiet", "reading again with nothing changed brings nothing new", []sdk.Capability{read}, nil, ruleQuiet},
	}
}

func canTouch(s *session) (bool, string) {
	return s.sys.Touch != nil, "the subject cannot touch a record"
}

func canFresh(s *session) (bool, string) {
	return s.sys.Fresh != nil && s.object.Allow.Create, "the subject makes no records, or the object allows none"
}

func canDelete(s *session) (bool, string) {
	return s.sys.Fresh != nil && s.object.Allow.Create && s.object.Allow.Delete, "the subject makes no records, or the object allows no delete"
}

func canChange(s *session) (bool, string) {
	return s.sys.Fresh != nil && s.sys.Change != nil && s.object.Allow.Update, "the subject changes no records, or the object allows no update"
}

func canLose(s *session) (bool, string) {
	return s.sys.LoseAnswers != nil && s.sys.Fresh != nil, "the subject cannot lose an answer"
}

func canKill(s *session) (bool, string) {
	return s.kill != nil, "there is no process to kill"
}

func canThrottle(s *session) (bool, string) {
	return s.sys.Throttle != nil, "the subject cannot throttle"
}

func canSecret(s *session) (bool, string) {
	return s.sys.Secret != "", "the subject has no secret"
}
