package entra

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// State is all that a platform keeps. It encodes as JSON.
type State struct {
	Counter  uint64              // numbers given to what was handed out
	Apps     []*App              // in the order of their registration
	Accounts map[string]*Account // by object id
	Codes    map[string]*Code
	Refresh  map[string]*Refresh
	Devices  map[string]*Device
	Sessions map[string]*Session // by cookie
	Auto     AutoSignIn
	// NoUserConsent leaves all consent to administrators.
	NoUserConsent bool
}

func newState() State { return State{}.whole() }

// Save returns a copy of the state.
func (s *Server) Save() (State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.copy()
}

// Load replaces the state by st, which belongs to the server from then on.
func (s *Server) Load(st State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = st.whole()
}

// whole fills what a document left out, and drops what is nothing.
func (st State) whole() State {
	st.Apps = slices.DeleteFunc(st.Apps, func(a *App) bool { return a == nil })
	st.Accounts = filled(st.Accounts)
	st.Codes, st.Refresh = filled(st.Codes), filled(st.Refresh)
	st.Devices, st.Sessions = filled(st.Devices), filled(st.Sessions)
	return st
}

func filled[T any](m map[string]*T) map[string]*T {
	if m == nil {
		return map[string]*T{}
	}
	maps.DeleteFunc(m, func(_ string, v *T) bool { return v == nil })
	return m
}

func (st *State) copy() (State, error) {
	raw, err := json.Marshal(st)
	if err != nil {
		return State{}, fmt.Errorf("entra: save: %w", err)
	}
	out := newState()
	return out, json.Unmarshal(raw, &out)
}
