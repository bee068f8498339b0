package entra

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Register adds an app, or replaces the one with its id. An app without id gets one; the answer is the id. It fails for a redirect URI that
// could not be registered and for a delegated permission that Graph does not have.
func (s *Server) Register(a App) (string, error) {
	if len(a.Redirects) > 256 {
		return "", errors.New("an app has at most 256 redirect URIs")
	}
	for _, r := range a.Redirects {
		if err := r.check(); err != nil {
			return "", err
		}
	}
	held, err := (&State{Apps: []*App{&a}}).copy() // nothing of it stays with the caller
	if err != nil {
		return "", err
	}
	app := held.Apps[0]
	lists := [][]string{app.Scopes, app.Everybody}
	for _, list := range app.Consents {
		lists = append(lists, list)
	}
	for _, list := range lists {
		if err := s.properNames(list); err != nil {
			return "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if app.ID == "" {
		s.state.Counter++
		app.ID = s.guid("app", app.Name, ordered(s.state.Counter))
	}
	if i := slices.IndexFunc(s.state.Apps, func(b *App) bool { return strings.EqualFold(b.ID, app.ID) }); i >= 0 {
		s.state.Apps[i] = app
	} else {
		s.state.Apps = append(s.state.Apps, app)
	}
	return app.ID, nil
}

// Apps are copies of the registered apps.
func (s *Server) Apps() ([]App, error) {
	st, err := s.Save()
	var out []App
	for _, a := range st.Apps {
		out = append(out, *a)
	}
	return out, err
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

// AddSecret gives an app one more secret. life zero means that it does not expire.
func (s *Server) AddSecret(id string, life time.Duration) (k Secret, err error) {
	err = s.Change(id, func(a *App) error {
		n := ordered(s.mark().Order)
		k = Secret{ID: s.guid("secret id", a.ID, n), Value: "sim8Q~" + s.handle("secret", 26)}
		if life > 0 {
			k.Expires = s.cfg.Now().Add(life)
		}
		a.Secrets = append(a.Secrets, k)
		return nil
	})
	return k, err
}

// AddCertificate registers the certificate of a PEM document with an app.
func (s *Server) AddCertificate(id, document string) error {
	block, _ := pem.Decode([]byte(document))
	if block == nil || block.Type != "CERTIFICATE" {
		return errors.New("not a certificate in PEM form")
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return err
	}
	return s.Change(id, func(a *App) error {
		a.Certificates = append(a.Certificates, block.Bytes)
		return nil
	})
}

// Consent records consent of a person, or with person "" of an administrator for all.
func (s *Server) Consent(id, person string, scopes []string) error {
	return s.Change(id, func(a *App) error {
		names := slices.Clone(scopes)
		err := s.properNames(names)
		if err == nil {
			a.consent(person, names)
		}
		return err
	})
}

// properNames writes delegated permissions as Graph does, and fails for one that it does not have.
func (s *Server) properNames(list []string) error {
	for i, name := range list {
		proper, ok := s.scopes[strings.ToLower(name)]
		if !ok {
			return fmt.Errorf("no delegated permission %q", name)
		}
		list[i] = proper
	}
	return nil
}

// RevokeConsent takes all consent of a person back, or with person "" that of the administrator for all.
func (s *Server) RevokeConsent(id, person string) error {
	return s.Change(id, func(a *App) error {
		delete(a.Consents, person)
		if person == "" {
			a.Everybody = nil
		}
		return nil
	})
}

// Password is the password of a person.
func (s *Server) Password(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.password(person)
}

// EditAccount changes what the platform keeps of a person.
func (s *Server) EditAccount(person string, edit func(*Account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(s.edit(person))
}

// SetPassword gives a person a new password. Grants of password sign-ins at public clients end with it, with everywhere all grants.
func (s *Server) SetPassword(person, password string, everywhere bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.edit(person)
	a.Password, a.Expired, a.PasswordFrom = password, false, s.mark()
	if everywhere {
		a.SessionsFrom = a.PasswordFrom
	}
}

// RevokeSessions ends all browser sessions and refresh tokens of a person.
func (s *Server) RevokeSessions(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edit(person).SessionsFrom = s.mark()
}

// Policy changes how the platform treats all people.
func (s *Server) Policy(edit func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.state)
}

// AnswerDevice approves or declines a device code as the person would who types its user code.
func (s *Server) AnswerDevice(userCode, person string, approve bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.state.device(userCode)
	switch {
	case d == nil || d.State != devicePending || d.expired(s.cfg.Now()):
		return fmt.Errorf("no pending device code %q", userCode)
	case !approve:
		d.State = deviceDeclined
	default:
		s.approve(d, s.autoSession(Person{ID: person}))
	}
	return nil
}

// Known tells whether an error number is in the catalogue.
func Known(number int) bool {
	_, ok := catalogue[number]
	return ok
}
