package entra

import (
	"fmt"
	"slices"
	"strings"
)

// Register adds an app, or replaces the one with its id. An app without id gets one; the answer is the id.
func (s *Server) Register(a App) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.ID == "" {
		s.state.Counter++
		a.ID = s.guid("app", a.Name, ordered(s.state.Counter))
	}
	s.state.Apps = slices.DeleteFunc(s.state.Apps, func(b *App) bool { return strings.EqualFold(b.ID, a.ID) })
	s.state.Apps = append(s.state.Apps, &a)
	return a.ID
}

// Change edits an app under the lock of the platform.
func (s *Server) Change(id string, edit func(*App) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.state.app(id)
	if a == nil {
		return fmt.Errorf("no app %q", id)
	}
	return edit(a)
}

// Password is the password of a person.
func (s *Server) Password(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.password(person)
}
