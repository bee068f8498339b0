package testharness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/tools/txtar"
)

// Replay runs the script without the system, answering the connector's requests
// from the recording, and returns an error that names each difference in what
// the connector asked or made of it.
func Replay(ctx context.Context, sc Script, recording []byte) error {
	ar := txtar.Parse(recording)
	player, want, err := newPlayer(ar, sc.Scrub)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	got, err := sc.play(ctx, player)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	var errs []error
	for _, f := range got {
		if !bytes.Equal(bytes.TrimSpace(want[f.Name]), bytes.TrimSpace(f.Data)) {
			errs = append(errs, fmt.Errorf("%s differs from the recording:\n%s", f.Name, firstDifference(string(want[f.Name]), string(f.Data))))
		}
	}
	if rest := player.unused(); len(rest) > 0 {
		errs = append(errs, fmt.Errorf("%d recorded requests were not made, the first: %s", len(rest), rest[0]))
	}
	return errors.Join(errs...)
}

// Update is Replay, or with the environment variable GLEIS_RECORD set a new
// Record of the script into file.
func Update(ctx context.Context, sc Script, file string) error {
	if os.Getenv("GLEIS_RECORD") != "" {
		b, err := Record(ctx, sc)
		if err != nil {
			return err
		}
		return os.WriteFile(file, b, 0o644)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return Replay(ctx, sc, b)
}

// player answers requests from a recording: the first unused exchange with the
// same request.
type player struct {
	scrub     []string
	mu        sync.Mutex
	exchanges []exchange
}

type exchange struct {
	request, response string
	used              bool
}

func newPlayer(ar *txtar.Archive, scrub []string) (*player, map[string][]byte, error) {
	p, rest := &player{scrub: scrub}, map[string][]byte{}
	for i, f := range ar.Files {
		number, asked := strings.CutSuffix(f.Name, "-request")
		switch {
		case asked && (i+1 == len(ar.Files) || ar.Files[i+1].Name != number+"-response"):
			return nil, nil, fmt.Errorf("the recording has no answer behind %s", f.Name)
		case asked:
			p.exchanges = append(p.exchanges, exchange{request: string(f.Data), response: string(ar.Files[i+1].Data)})
		case !strings.HasPrefix(f.Name, "http/"):
			rest[f.Name] = f.Data
		}
	}
	return p, rest, nil
}

// RoundTrip implements http.RoundTripper.
func (p *player) RoundTrip(req *http.Request) (*http.Response, error) {
	name, body, err := describe(req)
	if err != nil {
		return nil, err
	}
	if isToken(req.URL) {
		body = nil
	}
	asked := strings.TrimSpace(string(scrub([]byte(name+"\n"+string(body)), p.scrub)))
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.exchanges {
		e := &p.exchanges[i]
		if e.used || strings.TrimSpace(e.request) != asked {
			continue
		}
		e.used = true
		return respond(req, e.response)
	}
	return nil, fmt.Errorf("the recording has no (further) answer to %s", asked)
}

func (p *player) unused() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rest []string
	for _, e := range p.exchanges {
		if !e.used {
			first, _, _ := strings.Cut(e.request, "\n")
			rest = append(rest, first)
		}
	}
	return rest
}
