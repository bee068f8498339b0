package link

// Reasons of decisions. They are stable: the journal, the console and programs
// know them by these codes. Package run adds those of what it meets on the way.
const (
	InSync             = "in_sync"                // the source stamp is the stored one
	SameContent        = "same_content"           // another stamp, but the mapped content is the one last agreed
	SameAtTarget       = "same_at_target"         // the target holds all mapped values already
	New                = "new"                    // no link, no sibling, no match
	Changed            = "changed"                // mapped values differ
	Echo               = "echo"                   // a sibling process wrote this record
	SiblingLinked      = "sibling_linked"         // the pair is known from a sibling process
	Matched            = "matched"                // the match rule found the one target record
	MatchNone          = "match_none"             // no target record matches, and the rule does not write
	MatchOne           = "match_one"              // one target record matches, and the rule does not tie
	MatchMany          = "match_many"             // several target records match
	NotAllowed         = "not_allowed"            // the target object does not allow the write
	NotLinked          = "not_linked"             // nothing to delete, suspect or release
	Tombstone          = "tombstone"              // deleted before; the source does not bring a new state of it
	Returned           = "returned"               // deleted or let go before, and there again
	AlreadyReleased    = "already_released"       // the pair was let go before
	Confirmed          = "confirmed_deletion"     // the source confirmed the deletion
	Disappeared        = "disappeared"            // gone from the source, not confirmed
	LetGo              = "released_by_source"     // a rule or the selection dropped the record
	LetThrough         = "released_by_person"     // a person let a held deletion through
	Rejected           = "rejected_by_person"     // a person gave a held deletion up
	Recreated          = "target_gone_recreate"   // the target record was deleted, the source changed: the change wins
	TargetGone         = "target_gone"            // the target record was deleted, and the conflict rule keeps it so
	TargetMissing      = "target_missing"         // the target record was not found, unconfirmed
	ConflictSourceWins = "conflict_source_wins"   // both changed
	ConflictTargetWins = "conflict_target_wins"   // both changed
	ConflictSkip       = "conflict_skip"          // both changed
	ConflictMerged     = "conflict_merged"        // both changed, put together field by field
	ChangeWins         = "delete_against_change"  // the source deleted, the target changed: the change wins
	CreateUnknown      = "create_outcome_unknown" // a create was sent, nothing was found, and it cannot be repeated safely
	CreateAmbiguous    = "create_ambiguous"       // a create was sent, several records look like it
	ReadBack           = "read_back"              // the target was read back after an open outcome
	BadRecord          = "bad_record"             // not one JSON object
)
