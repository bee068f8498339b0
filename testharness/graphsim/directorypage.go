package graphsim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// pageTokenLife is how long a page token of the directory lasts; later it answers Directory_ExpiredPageToken.
const pageTokenLife = 10 * time.Minute

// directoryHits are the objects of a list that meet $filter and $search, in the order asked for.
func (c *call) directoryHits(t *directoryType, items []*entry) ([]*entry, *apiError) {
	if err := c.checkDirectory(t, false); err != nil {
		return nil, err
	}
	search, err := c.directorySearch(t)
	if err != nil {
		return nil, err
	}
	var hits []*entry
	for _, e := range items {
		if c.s.lists(e) && c.query.Filter.Holds(c.getter(e)) && search.Matches(func(term odata.Term) bool { return c.finds(e, term) }) {
			hits = append(hits, e)
		}
	}
	odata.Sort(hits, c.query.OrderBy, c.getter)
	return hits, nil
}

// lists tells whether the directory's lists know an object already.
func (s *Server) lists(e *entry) bool {
	if s.cfg.DirectoryDelay <= 0 {
		return true
	}
	made, err := time.Parse(time.RFC3339, e.str("createdDateTime"))
	return err != nil || s.now().Sub(made) >= s.cfg.DirectoryDelay
}

// directoryPage answers with a page of a list of directory objects. The page token names the last object delivered.
func (c *call) directoryPage(t *directoryType, items []*entry) (*reply, error) {
	hits, err := c.directoryHits(t, items)
	if err != nil {
		return nil, err
	}
	from, err := c.pageToken(hits)
	if err != nil {
		return nil, err
	}
	size := min(c.pageSize(100, 999), len(hits)-from)
	next := ""
	if from+size < len(hits) {
		mark := fmt.Sprintf("%s|%d|%d", hits[from+size-1].id, from+size-1, c.s.now().Unix())
		next = c.link("skiptoken", pageTokenMark+base64.RawURLEncoding.EncodeToString([]byte(mark)))
	}
	total := -1
	if c.isAdvanced() {
		total = len(hits)
	}
	typed := t == objectType
	return writePage(c, t.set, hits[from:from+size], total, next, func(b []byte, e *entry) []byte { return c.appendObject(b, e, "", typed) }), nil
}

// pageTokenMark is how the directory's page tokens begin.
const pageTokenMark = "RFNwdAIAAQAAAB"

// pageToken is where the page begins that the call's token asks for: after the last object delivered, or, when that one is gone meanwhile,
// at its place.
func (c *call) pageToken(hits []*entry) (from int, err *apiError) {
	token := c.query.Get("skiptoken")
	if token == "" {
		return 0, nil
	}
	raw, decodeErr := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, pageTokenMark))
	parts := strings.Split(string(raw), "|")
	if decodeErr != nil || len(parts) != 3 {
		return 0, errProperty("Invalid skip token.")
	}
	at, atErr := strconv.Atoi(parts[1])
	issued, issuedErr := strconv.ParseInt(parts[2], 10, 64)
	switch {
	case atErr != nil || issuedErr != nil || at < 0:
		return 0, errProperty("Invalid skip token.")
	case c.s.now().Sub(time.Unix(issued, 0)) > pageTokenLife:
		return 0, fail(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	if i := slices.IndexFunc(hits, func(e *entry) bool { return e.id == parts[0] }); i >= 0 {
		return i + 1, nil
	}
	return min(at, len(hits)), nil
}

// directoryCount answers /$count: the number as plain text, only for advanced queries.
func (c *call) directoryCount(t *directoryType, items []*entry) (*reply, error) {
	if !c.isEventual() {
		return nil, fail(http.StatusBadRequest, "Request_BadRequest", "$count is not currently supported.")
	}
	c.query.Count = true // the segment is the mark that the option is elsewhere
	hits, err := c.directoryHits(t, items)
	if err != nil {
		return nil, err
	}
	return plainCount([]byte(itoa(len(hits)))), nil
}

// lister finds the objects of a list; the type says what may be asked of them.
type lister func(*call) (*directoryType, []*entry, *apiError)

func (find lister) list(c *call) (*reply, error) {
	t, items, err := find(c)
	if err != nil {
		return nil, err
	}
	return c.directoryPage(t, items)
}

func (find lister) count(c *call) (*reply, error) {
	t, items, err := find(c)
	if err != nil {
		return nil, err
	}
	return c.directoryCount(t, items)
}

// related is a list of objects of several kinds that belong to another object. A filter or search in it needs an advanced query.
func (find lister) related() lister {
	return func(c *call) (*directoryType, []*entry, *apiError) {
		if (c.query.Filter != nil || c.query.Has("search")) && !c.isEventual() {
			return nil, nil, errUnsupportedQuery("The specified filter to the reference property query is currently not supported.")
		}
		return find(c)
	}
}

// cast limits a list to the objects of a type.
func (find lister) cast(t *directoryType) lister {
	return func(c *call) (*directoryType, []*entry, *apiError) {
		_, items, err := find(c)
		if err != nil {
			return nil, nil, err
		}
		return t, slices.DeleteFunc(slices.Clone(items), func(e *entry) bool { return e.odata != t.odata }), nil
	}
}
