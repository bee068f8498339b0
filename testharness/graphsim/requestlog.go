package graphsim

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ClassToken is the class of token requests in the request log.
const ClassToken = "POST /{tenant}/oauth2/v2.0/token"

// Request is an answered request. The items of a batch are requests of their own beside the batch.
type Request struct {
	Time    time.Time // on the simulated clock
	Method  string
	Path    string // below the version, or the whole path of a token request
	Query   string
	Class   string // method and pattern: "GET /users/{user}/calendarView/delta"; "GET ?" for an unknown path
	Mailbox string // user principal name, "" outside mailboxes
	Status  int
	Code    string // Graph's error code or AADSTS number
	InBatch bool
	Dropped bool // the connection was cut
}

// keptRequests bounds the log; counts go on.
const keptRequests = 200_000

type requestLog struct {
	mu     sync.Mutex
	list   []Request
	counts map[countKey]int
	total  int
}

type countKey struct{ mailbox, class string }

func (l *requestLog) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[countKey]int{}
	}
	l.counts[countKey{r.Mailbox, r.Class}]++
	l.total++
	if len(l.list) < keptRequests {
		l.list = append(l.list, r)
	}
}

func (l *requestLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.counts, l.total = nil, nil, 0
}

// Counts are the requests since the last [Control.ResetRequests]. A batch counts under its own class, its items under theirs.
type Counts struct {
	Total   int
	Tokens  int
	Class   map[string]int            // by class
	Mailbox map[string]map[string]int // by user principal name and class; only requests to mailboxes
}

func (l *requestLog) summary() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Counts{Total: l.total, Class: map[string]int{}, Mailbox: map[string]map[string]int{}}
	for k, n := range l.counts {
		out.Class[k.class] += n
		if k.mailbox != "" {
			if out.Mailbox[k.mailbox] == nil {
				out.Mailbox[k.mailbox] = map[string]int{}
			}
			out.Mailbox[k.mailbox][k.class] += n
		}
	}
	out.Tokens = out.Class[ClassToken]
	return out
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// String is the counts by class, one a line, for test output.
func (c Counts) String() string {
	var b strings.Builder
	for _, class := range slices.Sorted(maps.Keys(c.Class)) {
		b.WriteString(class)
		b.WriteString(": ")
		b.WriteString(itoa(c.Class[class]))
		b.WriteByte('\n')
	}
	return b.String()
}
