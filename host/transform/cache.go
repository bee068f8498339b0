package transform

import "sync"

// Bounds of the answers that are kept. A run that asks more distinct questions
// begins anew with an empty cache; it stays correct and asks more.
const (
	maxAnswers     = 20_000
	maxAnswerBytes = 32 << 20
)

// cache keeps answers within a run. It is safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	byID  map[string]Answer
	bytes int
}

func newCache() *cache { return &cache{byID: map[string]Answer{}} }

func (c *cache) get(id string) (Answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.byID[id]
	return a, ok
}

func (c *cache) put(id string, a Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(id) + len(a.Data)
	if len(c.byID) >= maxAnswers || c.bytes+size > maxAnswerBytes {
		clear(c.byID)
		c.bytes = 0
	}
	if size <= maxAnswerBytes/16 {
		c.byID[id] = a
		c.bytes += size
	}
}
