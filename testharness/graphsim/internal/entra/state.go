package entra

import (
	"encoding/json"
	"fmt"
)

// State is all that a platform keeps. It encodes as JSON.
type State struct {
	Counter  uint64              // numbers given to what was handed out
	Apps     []*App              // in the order of their registration
	Accounts map[string]*Account // by object id
	Codes    map[string]*Code
	Refresh  map[string]*Refresh
}

func newState() State {
	return State{Accounts: map[string]*Account{}, Codes: map[string]*Code{}, Refresh: map[string]*Refresh{}}
}

// Save returns a copy of the state.
func (s *Server) Save() (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := json.Marshal(s.state)
	if err != nil {
		return State{}, fmt.Errorf("entra: save: %w", err)
	}
	st := newState()
	return st, json.Unmarshal(raw, &st)
}

// Load replaces the state by a copy of st.
func (s *Server) Load(st State) error {
	raw, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("entra: load: %w", err)
	}
	fresh := newState()
	if err := json.Unmarshal(raw, &fresh); err != nil {
		return fmt.Errorf("entra: load: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = fresh
	return nil
}
