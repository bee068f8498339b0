package graphsim

import (
	"sync"
	"time"

	names "github.com/gleis-dev/gleis/sdk/zone"
)

// zone is a time zone under the name it is shown with.
type zone struct {
	name string
	loc  *time.Location
}

// zoneCache loads zones once. The zero cache is ready.
type zoneCache struct {
	mu    sync.Mutex
	known map[string]*zone
}

// get finds a zone by its Windows or IANA name. The zone keeps the name it was asked for.
func (c *zoneCache) get(name string) (*zone, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if z, ok := c.known[name]; ok {
		return z, true
	}
	loc, err := names.Load(name)
	if err != nil {
		return nil, false
	}
	if name == "UTC" {
		loc = time.UTC
	}
	if c.known == nil {
		c.known = map[string]*zone{}
	}
	z := &zone{name: name, loc: loc}
	c.known[name] = z
	return z, true
}

// stored is the zone under the name Exchange keeps: the Windows name where there is one.
func (c *zoneCache) stored(name string) (*zone, bool) {
	z, ok := c.get(name)
	if !ok {
		return nil, false
	}
	if w, ok := names.Windows(name); ok {
		return c.get(w)
	}
	return z, true
}
