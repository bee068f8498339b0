package entra

import (
	"encoding/base32"
	"strings"
	"time"
)

// Person is somebody of the directory.
type Person struct {
	ID, UPN, Mail, Name, GivenName, Surname string
	Enabled, Guest                          bool
}

// Account is what the platform keeps of a person beside the directory. The zero Account signs in with the person's first password.
type Account struct {
	// Password replaces the first one when it is set.
	Password string
	Expired  bool // the password
	// MFA asks for a second factor at each sign-in that does not have it yet.
	MFA bool
	// Passkey takes the place of the password: the person signs in with it in a browser only, and it counts as a second factor.
	Passkey bool
	// Admin may consent for all.
	Admin bool
	// Refusal is the AADSTS number with which every sign-in and every refresh fails, as a policy would make it. Zero means none.
	Refusal int
	// PasswordFrom and SessionsFrom are since when grants of password sign-ins at public clients and all grants are valid.
	PasswordFrom, SessionsFrom Mark
}

// Mark is an event: its order among all events and its time.
type Mark struct {
	Order uint64
	Time  time.Time
}

func (s *Server) mark() Mark {
	s.state.Counter++
	return Mark{s.state.Counter, s.cfg.Now()}
}

// account is a person's account to read.
func (s *Server) account(id string) Account {
	if a := s.state.Accounts[id]; a != nil {
		return *a
	}
	return Account{}
}

// edit is a person's account to change.
func (s *Server) edit(id string) *Account {
	a := s.state.Accounts[id]
	if a == nil {
		a = &Account{}
		s.state.Accounts[id] = a
	}
	return a
}

func (s *Server) password(id string) string {
	if a := s.state.Accounts[id]; a != nil && a.Password != "" {
		return a.Password
	}
	return "Sim-" + strings.ToLower(base32.StdEncoding.EncodeToString(s.mac("password", id))[:12])
}

// signIn checks name and password, and what keeps a person from signing in.
func (s *Server) signIn(name, password string) (Person, *Error) {
	p, err := s.person(name)
	if err != nil {
		return p, err
	}
	switch {
	case s.account(p.ID).Passkey:
		return p, fail(50056)
	case s.password(p.ID) != password:
		return p, fail(50126)
	}
	return p, s.mayEnter(p)
}

// signInByKey checks the passkey of a person, which this browser is taken to have.
func (s *Server) signInByKey(name string) (Person, *Error) {
	p, err := s.person(name)
	if err != nil {
		return p, err
	}
	if !s.account(p.ID).Passkey {
		return p, fail(50126)
	}
	return p, s.mayEnter(p)
}

// person finds who signs in under a name. A guest has no password here: his home tenant knows him (what is answered is unconfirmed).
func (s *Server) person(name string) (Person, *Error) {
	p, ok := s.cfg.Person(name)
	if !ok || strings.EqualFold(p.ID, name) {
		return p, fail(50034, "'"+name+"'", s.cfg.TenantID)
	}
	if p.Guest {
		return p, fail(50020, name, s.cfg.Name)
	}
	return p, nil
}

// mayEnter tells what keeps a person out who has the right password.
func (s *Server) mayEnter(p Person) *Error {
	a := s.account(p.ID)
	switch {
	case !p.Enabled:
		return fail(50057)
	case a.Expired:
		return fail(50055)
	default:
		return a.refused()
	}
}

func (a Account) refused() *Error {
	if a.Refusal == 0 {
		return nil
	}
	e := fail(a.Refusal)
	e.Message = strings.ReplaceAll(e.Message, "%s", GraphID)
	return e
}

// mayUse tells whether a person is kept from an app that wants assignments.
func (a *App) mayUse(p Person) *Error {
	if a.Assigned == nil {
		return nil
	}
	for _, id := range a.Assigned {
		if id == p.ID {
			return nil
		}
	}
	return fail(50105, a.Name)
}

// secondFactor is the refusal of a sign-in that lacks a factor its account asks for.
func (a Account) secondFactor(have bool) *Error {
	if !a.MFA || have {
		return nil
	}
	e := fail(50076, GraphID)
	e.Claims = `{"access_token":{"polids":{"essential":true,"values":["7a1c3f5e-0b2d-4c6e-8f90-a1b2c3d4e5f6"]}}}`
	return e
}
