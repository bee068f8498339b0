package reading

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim"
)

// address is what a reader needs to know of the server.
type address struct {
	Origin, User string
	Tenant       string
	Client       string
	Secret       string
	EventBytes   int // of one event on the wire, on average
}

// Serve is the server's process: it prints its address as one JSON line and
// serves until in ends. All but the listing of events is the simulated tenant's.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	sim, err := graphsim.New(graphsim.Config{Seed: 7, Users: 3, Small: true})
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	user, err := mailbox(sim)
	if err != nil {
		return err
	}
	cred := sim.Credentials()
	a := address{Origin: "http://" + ln.Addr().String(), User: user, Tenant: cred.TenantID, Client: cred.ClientID, Secret: cred.ClientSecret}
	pages, err := listing(a.Origin + "/v1.0/users/" + a.User + "/events")
	if err != nil {
		return err
	}
	a.EventBytes = len(pages[0]) / pageSize
	srv := &http.Server{Handler: handler(sim, pages), ReadHeaderTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	srv.Close()
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func mailbox(sim *graphsim.Server) (string, error) {
	for _, u := range sim.Control().Users() {
		if u.Mailbox {
			return u.ID, nil
		}
	}
	return "", errors.New("the simulated tenant has no mailbox")
}

// listing makes the answers of the whole listing whose first page lies at u.
func listing(u string) ([][]byte, error) {
	var pages [][]byte
	for first := 0; first < total; first += pageSize {
		next := ""
		if first+pageSize < total {
			next = fmt.Sprintf("%s?$top=%d&$skip=%d", u, pageSize, first+pageSize)
		}
		p, err := page(first, next)
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}

// handler answers listings of events with the pages, made beforehand so that the
// server costs next to nothing, and leaves all else to sim.
func handler(sim http.Handler, pages [][]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/events") {
			sim.ServeHTTP(w, r)
			return
		}
		skip, err := strconv.Atoi(r.URL.Query().Get("$skip"))
		if err != nil {
			skip = 0 // the first page
		}
		n := skip / pageSize
		if n >= len(pages) || skip%pageSize != 0 {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(pages[n])))
		_, _ = w.Write(pages[n]) // fails when the reader goes away, which shows there
	})
}
