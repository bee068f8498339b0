package msgraph

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Phases of a cursor.
const (
	phaseRound = "round" // within a round: link is the next page
	phaseDone  = "done"  // between rounds: link is the delta link
)

// cursor is a step's position. It is small JSON, at most sdk.MaxCursor bytes.
type cursor struct {
	Version int    `json:"v"`
	Phase   string `json:"phase"`
	Full    bool   `json:"full,omitempty"` // the round under way is a complete listing
	Box     string `json:"box"`            // user id: a cursor is of use in its own mailbox only
	Link    string `json:"link"`           // path and query: the origin is the connection's
	Day     string `json:"day,omitempty"`  // the day the window was laid on
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Shape   string `json:"shape,omitempty"` // settings that make another window or another form of the items
	List    string `json:"list,omitempty"`  // task list
}

func (c cursor) encode(box string) ([]byte, error) {
	c.Version, c.Box = 1, box
	b, err := json.Marshal(c)
	if err == nil && len(b) > sdk.MaxCursor {
		err = sdk.Errorf(sdk.Internal, "cursor_too_large", "the link of the next page makes a cursor of %d bytes", len(b))
	}
	return b, err
}

// decodeCursor reads the cursor of a mailbox; one that cannot be read, or is another's, counts as none, and the round begins anew as a full
// one.
func decodeCursor(b []byte, box string) (cursor, bool) {
	var c cursor
	if len(b) == 0 || sdk.Decode(b, &c) != nil || c.Version != 1 || c.Link == "" || c.Box != box || c.Phase != phaseRound && c.Phase != phaseDone {
		return cursor{}, false
	}
	return c, true
}

func (c cursor) window() (window, error) {
	from, err1 := time.Parse(time.RFC3339, c.From)
	to, err2 := time.Parse(time.RFC3339, c.To)
	if err1 != nil || err2 != nil || !from.Before(to) {
		return window{}, fmt.Errorf("the cursor's window %.30q to %.30q is none", c.From, c.To)
	}
	return window{from, to}, nil
}

// shape names the settings that a window's cursor depends on.
func (c *config) shape() string {
	return strings.Join([]string{fmt.Sprint(c.past), fmt.Sprint(c.future), fmt.Sprint(c.windowDays), c.zoneName}, "/")
}
