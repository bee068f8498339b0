package site

import (
	"context"
	"database/sql"
	_ "embed" // configuration and tables
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // driver of the target database

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

var (
	//go:embed gleis.yaml
	config string
	//go:embed schema.sql
	schema string
)

// Plan says what site to open.
type Plan struct {
	Program string // the built program
	Dir     string // an empty folder
	Company graphsim.Config
	Users   func([]graphsim.User) []graphsim.User // picks those whose mailboxes are carried over
	Months  int                                   // the window of events, before and after today
}

// Site is a simulated company that answers on a loopback address, and a folder
// that is configured for it.
type Site struct {
	Control *graphsim.Control
	Users   []graphsim.User // those of Plan.Users

	program, dir string
	stop         func() error
}

// Open makes the company and the folder. The caller closes the site.
func Open(ctx context.Context, p Plan) (*Site, error) {
	sim, err := graphsim.New(p.Company)
	if err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the simulated company: %w", err)
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- sim.Serve(serving, ln) }()
	s := &Site{Control: sim.Control(), Users: p.Users(sim.Control().Users()), program: p.Program, dir: p.Dir, stop: func() error {
		cancel()
		return <-served
	}}
	if err := s.write(ctx, sim.Credentials(), "http://"+ln.Addr().String(), p.Months); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends the company; the folder stays.
func (s *Site) Close() error { return s.stop() }

func (s *Site) write(ctx context.Context, cred graphsim.Credentials, origin string, months int) error {
	var addresses []string
	for _, u := range s.Users {
		addresses = append(addresses, u.Mail)
	}
	text := strings.NewReplacer(
		"@origin@", origin, "@tenant_id@", cred.TenantID, "@client_id@", cred.ClientID, "@months@", strconv.Itoa(months),
		"@user_list@", strings.Join(addresses, ";"),
	).Replace(config)
	if err := os.WriteFile(filepath.Join(s.dir, "gleis.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "client-secret"), []byte(cred.ClientSecret), 0o600); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "crm.db"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, schema)
	return errors.Join(err, db.Close())
}
