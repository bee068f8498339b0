package msgraph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/sdk"
)

// user is a selected user. Addresses are in lower case; the first is the one shown and delivered as "user".
type user struct {
	id        string
	addresses []string
}

func (u *user) address() string { return u.addresses[0] }

// scope is the resolved selection of a run: who is "one of us".
type scope struct {
	users  []user
	byID   map[string]int
	byAddr map[string]int
}

func newScope(users []user) *scope {
	s := &scope{users: users, byID: make(map[string]int, len(users)), byAddr: make(map[string]int, 2*len(users))}
	for i, u := range users {
		s.byID[u.id] = i
		for _, a := range u.addresses {
			if _, taken := s.byAddr[a]; !taken {
				s.byAddr[a] = i
			}
		}
	}
	return s
}

// user returns the selected user with that id or address, or nil.
func (s *scope) user(idOrAddress string) *user {
	if i, ok := s.byID[idOrAddress]; ok {
		return &s.users[i]
	}
	if i, ok := s.byAddr[strings.ToLower(idOrAddress)]; ok {
		return &s.users[i]
	}
	return nil
}

// has returns the selected user with that address.
func (s *scope) has(address []byte) *user {
	if i, ok := s.byAddr[string(bytes.ToLower(address))]; ok {
		return &s.users[i]
	}
	return nil
}

// encode writes the scope as one JSON array of [id, address, …].
func (s *scope) encode() ([]byte, error) {
	list := make([][]string, len(s.users))
	for i, u := range s.users {
		list[i] = append([]string{u.id}, u.addresses...)
	}
	return json.Marshal(list)
}

func decodeScope(b []byte) (*scope, error) {
	var list [][]string
	if err := sdk.Decode(b, &list); err != nil {
		return nil, sdk.Errorf(sdk.Invalid, "scope", "the scope cannot be read: %w", err)
	}
	users := make([]user, len(list))
	for i, x := range list {
		if len(x) < 2 {
			return nil, sdk.Errorf(sdk.Invalid, "scope", "the scope's entry %d has no address", i)
		}
		users[i] = user{id: x[0], addresses: x[1:]}
	}
	return newScope(users), nil
}

// scopes keeps the scope of the run that was decoded last: each partition of a run brings the same bytes.
type scopes struct {
	mu   sync.Mutex
	raw  []byte
	last *scope
}

func (c *scopes) decode(raw []byte) (*scope, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && bytes.Equal(raw, c.raw) {
		return c.last, nil
	}
	s, err := decodeScope(raw)
	if err != nil {
		return nil, err
	}
	c.raw, c.last = bytes.Clone(raw), s
	return s, nil
}

// mailbox is the user of a partition. A partition that is no longer in the selection is refused: what is stored of it is the host's to
// release.
func (s *scope) mailbox(partition string) (*user, error) {
	if u := s.user(partition); u != nil {
		return u, nil
	}
	return nil, &sdk.Error{
		Kind: sdk.NotFound, Code: "user_not_selected", Partition: partition, Err: fmt.Errorf("the user %q is not in the selection", partition),
		Hint: sdk.Text{EN: "add him to the selection of the connection", DE: "ihn in die Benutzerauswahl der Verbindung aufnehmen"},
	}
}
