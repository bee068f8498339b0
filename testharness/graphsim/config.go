package graphsim

import (
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Config says what tenant to make and how the service behaves. The zero Config is a company of 25 users on the real clock.
type Config struct {
	// Seed makes the tenant: the same seed, numbers and first instant of Now give the same content and ids.
	Seed uint64
	// Users is how many users the directory has, some of them without a mailbox. Zero means 25; at most 100,000.
	Users int
	// EventsPerUser, TasksPerUser and ContactsPerUser are about how many items a mailbox starts with. Zero means 40, 10 and 15; negative
	// means none.
	EventsPerUser, TasksPerUser, ContactsPerUser int
	// MessagesPerUser is how many messages a mailbox starts with. Zero means none.
	MessagesPerUser int
	// Rooms is how many rooms the directory has besides the users: mailboxes of their own that are places to book. Zero means none.
	Rooms int
	// Now is the clock under [Control.Advance]. Zero means time.Now. It must begin in a year from 1970 to 2100.
	Now func() time.Time
	// Small makes mailboxes of six events, three tasks and three contacts where the numbers above are zero.
	Small bool
	// BaseURL is the origin in links, as "http://127.0.0.1:8080". Zero means the Host header of each request.
	BaseURL string
	// Roles are the application permissions granted to the client. Zero means all that the served routes need.
	Roles []string
	// Scopes are the delegated permissions of both clients to which an administrator has consented for all users. Nil means all that the
	// served routes need; an empty list means none, so that people are asked. Names that the simulator does not know are refused.
	Scopes []string
	// RedirectURIs are those of the confidential client. Nil means http://localhost with any port.
	RedirectURIs []string
	// Apps are registered beside the two clients of [Server.Credentials].
	Apps []App
	// TokenLife is how long access tokens last. Zero means 3599 s.
	TokenLife time.Duration
	// Parallel is how many requests a client may have open at one mailbox. Zero means 4.
	Parallel int
	// Budget is how many requests a client may make at one mailbox in BudgetWindow. Zeros mean 10,000 in 10 minutes.
	Budget       int
	BudgetWindow time.Duration
	// RetryAfter is what a refusal for parallel requests asks for, in whole seconds. Zero means 2 s.
	RetryAfter time.Duration
	// DirectoryUnits is how many resource units an application may spend at the directory in ten seconds. Zero means 3,500, 5,000 or 8,000,
	// by the number of users.
	DirectoryUnits int
	// DirectoryDelay is how long a new user or group is missing from lists and searches, whose index follows later; by its id and in delta
	// rounds it is there at once. Zero means that lists show it at once.
	DirectoryDelay time.Duration
	// BatchParallel is how many items of a parallel batch the service starts at a time. Zero means all 20: in practice, more than four
	// items for one mailbox meet its limit (microsoft-graph-docs issues 8760 and 18498), although documentation says 4.
	BatchParallel int
	// HoldNotifications keeps change notifications back until [Control.Deliver].
	HoldNotifications bool
	// NotifyClient posts change notifications. Zero means a client that trusts what the system trusts and follows no redirect.
	NotifyClient *http.Client
	// NotifyWait is how long an address may take to answer, in real time. Zero means 10 s at the creation of a subscription and 3 s for
	// notifications.
	NotifyWait time.Duration
	// ControlHTTP serves [Control] to clients on the loopback interface, below [ControlPrefix].
	ControlHTTP bool
	// KeepGenerations is how many delta links and next links of a collection stay valid; older ones answer 410. Zero means all.
	KeepGenerations uint64
	// OccurrenceRemoved makes calendarView/delta report a deleted single occurrence as removed too. Zero means that only its master shows
	// it (microsoft-graph-docs issue 5951); both were observed.
	OccurrenceRemoved bool
	// SecondTouch makes Exchange change an event's change key once more after each write by a client (microsoft-graph-docs-contrib issue
	// 7934), so that the ETag of the answer is soon stale.
	SecondTouch bool
	// WireNoise adds what v1.0 sends although its document does not know it: uid, occurrenceId and the links of calendar of events.
	WireNoise bool
	// SameICalUID gives all occurrences of a series one iCalUId. Zero means one each; both were observed (microsoft-graph-docs issue 17479).
	SameICalUID bool
	// Oddities is what is odd about rounds of calendarView/delta and events/delta. Zero means nothing.
	Oddities Oddities
	// CalendarIDChanges makes the answer to a new calendar carry another id than later listings do (microsoft-graph-docs issue 11296). Both
	// ids work; whether they do in Exchange is unconfirmed.
	CalendarIDChanges bool
	// GhostLists is how long a deleted To Do list goes on taking new tasks, which are lost, and answering delta rounds with nothing, as
	// clients saw. Zero means that it is gone at once.
	GhostLists time.Duration
	// RecurrenceNeedsDue makes To Do refuse a recurring task without a due date, as in one report. Zero means that the first day of the
	// recurrence becomes its due date, as in another.
	RecurrenceNeedsDue bool
	// TaskExtensionsEchoed makes extensions in the body of a new task come back in the answer without being stored, as in one report. Zero
	// means that they are stored, as in another.
	TaskExtensionsEchoed bool
	// Metadata is the document to serve under $metadata, for example the real one. Nil means the one of what the simulator offers. What it
	// declares changes nothing else.
	Metadata []byte
	// Log receives one debug record per request. Zero means none.
	Log *slog.Logger
}

// Credentials are what clients need to sign in: ClientID with ClientSecret is a confidential client (a service, a web application),
// PublicClientID one without secret (a program on a desktop, a command).
type Credentials struct {
	TenantID, ClientID, ClientSecret, PublicClientID string
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Users == 0 {
		cfg.Users = 25
	}
	if cfg.Users < 0 || cfg.Users > 100_000 {
		return cfg, errors.New("graphsim: Config.Users must lie between 0 and 100000")
	}
	if cfg.Rooms < 0 || cfg.Rooms > 1000 {
		return cfg, errors.New("graphsim: Config.Rooms must lie between 0 and 1000")
	}
	events, tasks, contacts := 40, 10, 15
	if cfg.Small {
		events, tasks, contacts = 6, 3, 3
	}
	for _, d := range []struct {
		at *int
		n  int
	}{{&cfg.EventsPerUser, events}, {&cfg.TasksPerUser, tasks}, {&cfg.ContactsPerUser, contacts}} {
		if *d.at == 0 {
			*d.at = d.n
		}
		*d.at = max(*d.at, 0)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if err := checkClock(cfg.Now()); err != nil {
		return cfg, err
	}
	if cfg.RedirectURIs == nil {
		cfg.RedirectURIs = []string{"http://localhost"}
	}
	if cfg.TokenLife <= 0 {
		cfg.TokenLife = 3599 * time.Second
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = 4
	}
	if cfg.Budget <= 0 {
		cfg.Budget = 10_000
	}
	if cfg.NotifyClient == nil {
		cfg.NotifyClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if cfg.BatchParallel <= 0 {
		cfg.BatchParallel = maxBatch
	}
	if cfg.BudgetWindow <= 0 {
		cfg.BudgetWindow = 10 * time.Minute
	}
	if cfg.RetryAfter <= 0 {
		cfg.RetryAfter = 2 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return cfg, nil
}
