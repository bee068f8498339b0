package main

import (
	"fmt"
	"net"
	"strconv"

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
}

// describe returns what a connection to sim, served on ln, needs.
func describe(sim *graphsim.Server, ln net.Listener) simulated {
	c, origin := sim.Credentials(), "http://"+reachable(ln.Addr())
	return simulated{GraphURL: origin, LoginURL: origin, TenantID: c.TenantID, ClientID: c.ClientID, ClientSecret: c.ClientSecret}
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
	var listen string
	var cfg graphsim.Config
	cmd := &cobra.Command{
		Use:   "graphsim",
		Short: "Serve a simulated Microsoft 365 until stopped",
		Long: "Serves a simulated company with users, events, tasks and contacts over the protocol of\n" +
			"Microsoft Graph and the Microsoft identity platform. Its credentials are printed: they are\n" +
			"made up and open nothing else. Plain HTTP, for the loopback interface.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := a.logger()
			if err != nil {
				return err
			}
			if err := checkUsers(cfg.Users); err != nil {
				return err
			}
			cfg.Log = log
			sim, err := graphsim.New(cfg)
			if err != nil {
				return fail(exitUsage, err)
			}
			if _, _, err := net.SplitHostPort(listen); err != nil {
				return fail(exitUsage, fmt.Errorf("--listen %s: write address:port, as 127.0.0.1:0", listen))
			}
			ln, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
			if err != nil {
				return fail(exitNothing, fmt.Errorf("--listen %s: %w", listen, err))
			}
			if err := a.showSimulated(describe(sim, ln)); err != nil {
				return fail(exitNothing, err)
			}
			return fail(exitNothing, sim.Serve(cmd.Context(), ln))
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:0", "address to serve on; port 0 takes a free one")
	f.Uint64Var(&cfg.Seed, "seed", 1, "the same seed makes the same company")
	f.IntVar(&cfg.Users, "users", 25, "users in the directory")
	return cmd
}

func (a *app) showSimulated(s simulated) error {
	if a.json {
		return a.line(s)
	}
	return a.table([][]string{
		{"graph_url", s.GraphURL}, {"login_url", s.LoginURL}, {"tenant_id", s.TenantID},
		{"client_id", s.ClientID}, {"client_secret", s.ClientSecret}, {"", "stop with Ctrl-C"},
	})
}
