// Package demo is the demonstration: a simulated company, a CRM database beside
// it, the changes that its people make between two runs, and the comparison of
// both sides, field by field, which shares no code with the way of a record
// through the host. What carries the records is the ordinary host.
package demo

import (
	"context"
	"database/sql"
	_ "embed" // the configuration and the tables
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // driver of the CRM database

	"github.com/gleis-dev/gleis/host"
	"github.com/gleis-dev/gleis/testharness/graphsim"
)

//go:embed gleis.yaml
var config string

//go:embed schema.sql
var schema string

// Window of the demonstration in months, as in its configuration.
const (
	pastMonths   = 1
	futureMonths = 2
)

// Company is a simulated company that answers on a loopback address.
type Company struct {
	Sim    *graphsim.Server
	Origin string // of Graph and sign-in alike
	stop   func() error
}

// Open makes a company of so many users and serves it until Close. The same seed
// makes the same company.
func Open(ctx context.Context, seed uint64, users int) (*Company, error) {
	sim, err := graphsim.New(graphsim.Config{Seed: seed, Users: users})
	if err != nil {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the simulated company: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- sim.Serve(ctx, ln) }()
	return &Company{Sim: sim, Origin: "http://" + ln.Addr().String(), stop: func() error {
		cancel()
		return <-served
	}}, nil
}

// Close stops serving.
func (c *Company) Close() error { return c.stop() }

// people are the users with a mailbox, in the order of the directory.
func (c *Company) people() []graphsim.User {
	var list []graphsim.User
	for _, u := range c.Sim.Control().Users() {
		if u.Mailbox && u.Enabled && !u.Guest {
			list = append(list, u)
		}
	}
	return list
}

// Write puts the configuration, the client secret and the CRM database with its
// tables and the company's people into dir, which must be empty or not exist.
func (c *Company) Write(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		return errors.Join(err, fmt.Errorf("the folder %s is not empty", dir))
	}
	cred := c.Sim.Credentials()
	var addresses []string
	for _, u := range c.people() {
		addresses = append(addresses, u.Mail)
	}
	text := strings.NewReplacer(
		"@graph_url@", c.Origin, "@login_url@", c.Origin, "@tenant_id@", cred.TenantID, "@client_id@", cred.ClientID,
		"@user_list@", strings.Join(addresses, ";"),
	).Replace(config)
	if err := os.WriteFile(filepath.Join(dir, host.FileName), []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "client-secret"), []byte(cred.ClientSecret+"\n"), 0o600); err != nil {
		return err
	}
	return c.writeCRM(ctx, dir)
}

func (c *Company) writeCRM(ctx context.Context, dir string) (err error) {
	db, err := sql.Open("sqlite", filepath.Join(dir, "crm.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("make the CRM's tables: %w", err)
	}
	for _, u := range c.people() {
		if _, err := db.ExecContext(ctx, `INSERT INTO people (email, name) VALUES (?, ?)`, u.Mail, u.Name); err != nil {
			return fmt.Errorf("fill the CRM's people: %w", err)
		}
	}
	return nil
}

// window is the span that the events of a run at now lie in.
func window(now time.Time) (from, to time.Time) {
	day := now.UTC().Truncate(24 * time.Hour)
	return addMonths(day, -pastMonths), addMonths(day, futureMonths)
}

// addMonths moves a day by whole months; a day that the month lacks becomes its
// last.
func addMonths(day time.Time, n int) time.Time {
	first := time.Date(day.Year(), day.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1)
}
