package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// simulated is what `gleis graphsim --json` prints, and what a connection to it needs.
type simulated struct {
	GraphURL     string `json:"graph_url"`
	LoginURL     string `json:"login_url"`
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	PublicID     string `json:"public_client_id"`      // of a program without a secret
	User         string `json:"user"`                  // the first of the directory, an administrator
	Password     string `json:"password"`              // of that user
	ControlURL   string `json:"control_url,omitempty"` // for clients on this machine; empty with --control=false
	Certificate  string `json:"certificate,omitempty"` // path of what a client has to trust; empty without https
}

// describe returns what a connection to sim, served under scheme on ln, needs.
func describe(sim *graphsim.Server, scheme string, ln net.Listener) simulated {
	c, origin := sim.Credentials(), scheme+"://"+reachable(ln.Addr())
	out := simulated{GraphURL: origin, LoginURL: origin, TenantID: c.TenantID, ClientID: c.ClientID, ClientSecret: c.ClientSecret, PublicID: c.PublicClientID}
	if users := sim.Control().Users(); len(users) > 0 {
		out.User = users[0].UPN
		out.Password, _ = sim.Control().Password(users[0].UPN) // fails only for unknown users
	}
	return out
}

// reachable is the address under which a client on this machine finds a listener:
// one on all interfaces is found on the loopback interface.
func reachable(addr net.Addr) string {
	if t, ok := addr.(*net.TCPAddr); ok && t.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(t.Port))
	}
	return addr.String()
}

// checkUsers refuses a number of users that the simulator would take for its
// default.
func checkUsers(n int) error {
	if n < 1 {
		return fail(exitUsage, fmt.Errorf("--users %d: a company has at least one user", n))
	}
	return nil
}

func (a *app) graphsimCommand() *cobra.Command {
	var f simFlags
	cmd := &cobra.Command{
		Use:   "graphsim",
		Short: "Serve a simulated Microsoft 365 until stopped",
		Long: "Serves a simulated company with users, events, tasks, contacts and mail over the protocol of\n" +
			"Microsoft Graph and the Microsoft identity platform. Its credentials are printed: they are\n" +
			"made up and open nothing else. Plain HTTP, or https with --tls, for the loopback interface.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.simulate(cmd, &f) },
	}
	f.register(cmd)
	return cmd
}

// simulate serves a company as the flags say, until the command's context ends.
func (a *app) simulate(cmd *cobra.Command, f *simFlags) error {
	log, err := a.logger()
	if err != nil {
		return err
	}
	cfg, err := f.config(time.Now)
	if err != nil {
		return fail(exitUsage, err)
	}
	cfg.Log = log
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--listen %s: write address:port, as 127.0.0.1:0", f.listen))
	}
	limitMemory(os.Getenv)
	sim, err := graphsim.New(cfg)
	if err != nil {
		return fail(exitUsage, err)
	}
	if err := loadSimulated(sim, f.state); err != nil {
		return fail(exitNothing, err)
	}
	ln, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", f.listen)
	if err != nil {
		return fail(exitNothing, fmt.Errorf("--listen %s: %w", f.listen, err))
	}
	defer ln.Close()
	shown := describe(sim, "http", ln)
	if f.https() {
		cert, err := graphsim.NewCertificate(time.Now(), certified(host, ln.Addr())...)
		if err != nil {
			return fail(exitNothing, err)
		}
		path, remove, err := keepPEM(f.certificate, cert.PEM())
		if err != nil {
			return fail(exitNothing, err)
		}
		defer remove()
		shown = describe(sim, "https", ln)
		shown.Certificate = path
		ln = cert.Listener(ln)
	}
	if cfg.ControlHTTP {
		shown.ControlURL = shown.GraphURL + graphsim.ControlPrefix
	}
	if err := a.showSimulated(shown); err != nil {
		return fail(exitNothing, err)
	}
	return fail(exitNothing, errors.Join(sim.Serve(cmd.Context(), ln), saveSimulated(sim, f.state)))
}

// simMemory is where the collector of garbage begins to work harder, in bytes: with it 2,000 users of 500 events and 500 contacts each stay
// under 1.5 GB. It is no bound for larger companies.
const simMemory = 1_300_000_000

// limitMemory sets it unless the environment has one of its own.
func limitMemory(env func(string) string) {
	if env("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(simMemory)
	}
}

// certified are the names under which others than this machine reach a listener: the host it was told, or, when it listens on all
// interfaces, the machine's name and addresses.
func certified(host string, addr net.Addr) []string {
	t, ok := addr.(*net.TCPAddr)
	if !ok || !t.IP.IsUnspecified() {
		return []string{host}
	}
	var hosts []string
	if name, err := os.Hostname(); err == nil && name != "" {
		hosts = append(hosts, name)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return hosts // the names of this machine itself are always in
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			hosts = append(hosts, n.IP.String())
		}
	}
	return hosts
}

// keepPEM writes what clients have to trust to path, or, without a path, to a folder of its own that remove takes away.
func keepPEM(path string, text []byte) (kept string, remove func(), err error) {
	remove = func() {}
	if path == "" {
		dir, err := os.MkdirTemp("", "gleis-graphsim-")
		if err != nil {
			return "", nil, err
		}
		path, remove = filepath.Join(dir, "certificate.pem"), func() { os.RemoveAll(dir) }
	}
	kept, err = filepath.Abs(path)
	if err == nil {
		err = os.WriteFile(kept, text, 0o644) // a certificate is public: its key stays in this process
	}
	if err != nil {
		remove()
		return "", nil, fmt.Errorf("--certificate: %w", err)
	}
	return kept, remove, nil
}

func (a *app) showSimulated(s simulated) error {
	if a.json {
		return a.line(s)
	}
	rows := [][]string{
		{"graph_url", s.GraphURL}, {"login_url", s.LoginURL}, {"tenant_id", s.TenantID},
		{"client_id", s.ClientID}, {"client_secret", s.ClientSecret}, {"public_client_id", s.PublicID}, {"user", s.User}, {"password", s.Password},
	}
	if s.ControlURL != "" {
		rows = append(rows, []string{"control_url", s.ControlURL})
	}
	if s.Certificate != "" {
		rows = append(rows, []string{"certificate", s.Certificate})
	}
	return a.table(append(rows, []string{"", "stop with Ctrl-C"}))
}
