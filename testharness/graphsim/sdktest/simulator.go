package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// simulator is a running `gleis graphsim --tls`.
type simulator struct {
	Graph        string `json:"graph_url"`
	Login        string `json:"login_url"`
	Tenant       string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	PublicID     string `json:"public_client_id"`
	User         string `json:"user"` // the first of the directory
	Password     string `json:"password"`
	Control      string `json:"control_url"`
	Certificate  string `json:"certificate"`

	roots *x509.CertPool
	cmd   *exec.Cmd
}

// start runs the command at program with further flags and waits for the line that says where it is.
func start(ctx context.Context, program string, flags ...string) (*simulator, error) {
	s := &simulator{cmd: exec.CommandContext(ctx, program, append([]string{"graphsim", "--json", "--tls"}, flags...)...)}
	s.cmd.Stderr = os.Stderr
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	s.cmd.WaitDelay = 10 * time.Second
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(out).Decode(s); err != nil {
		return nil, errors.Join(fmt.Errorf("%s graphsim says nothing: %w", program, err), s.stop())
	}
	text, err := os.ReadFile(s.Certificate)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.roots = x509.NewCertPool()
	if !s.roots.AppendCertsFromPEM(text) {
		return nil, errors.Join(fmt.Errorf("%s holds no certificate", s.Certificate), s.stop())
	}
	return s, nil
}

func (s *simulator) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// transport trusts the simulator's certificate and nothing else.
func (s *simulator) transport() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots}, ForceAttemptHTTP2: true}
}

func (s *simulator) client() *http.Client { return &http.Client{Transport: s.transport()} }

// control calls what Graph does not have: with parameters by POST, without any by GET.
func (s *simulator) control(ctx context.Context, call string, parameters, answer any) error {
	method, body := http.MethodGet, []byte(nil)
	if parameters != nil {
		raw, err := json.Marshal(parameters)
		if err != nil {
			return err
		}
		method, body = http.MethodPost, raw
	}
	req, err := http.NewRequestWithContext(ctx, method, s.Control+call, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := s.client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s", call, resp.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}
