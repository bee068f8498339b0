package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// listener is a program that Graph notifies.
type listener struct {
	url  string
	got  chan notification
	stop func() error
}

type notification struct {
	Subscription string `json:"subscriptionId"`
	ClientState  string `json:"clientState"`
	Change       string `json:"changeType"`
	Data         struct {
		ID string `json:"id"`
	} `json:"resourceData"`
}

// listen answers Graph's question whether the address wants notifications, and keeps what comes.
func listen(ctx context.Context) (*listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &listener{url: "http://" + ln.Addr().String() + "/changes", got: make(chan notification, 100)}
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.URL.Query().Get("validationToken"); token != "" {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, token)
			return
		}
		var body struct{ Value []notification }
		text, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(text, &body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, n := range body.Value {
			l.got <- n
		}
		w.WriteHeader(http.StatusAccepted)
	})}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	l.stop = func() error {
		srv.Close()
		<-done
		return nil
	}
	return l, nil
}

// notifications drives subscriptions of part 5 from the handshake to the first change.
func notifications(ctx context.Context, p *proof) {
	l, err := listen(ctx)
	if err != nil {
		p.call("subscriptions: prepare", "", func() (string, error) { return "", err })
		return
	}
	defer l.stop()
	anna := p.app.Users().ByUserId(p.people[0])
	wanted := func() models.Subscriptionable {
		s := models.NewSubscription()
		s.SetChangeType(ptr("created,deleted"))
		s.SetNotificationUrl(&l.url)
		s.SetResource(ptr("users/" + p.people[0] + "/events"))
		s.SetExpirationDateTime(ptr(p.now.Add(2 * time.Hour)))
		s.SetClientState(ptr("geheim"))
		return s
	}
	var id string
	p.call("subscriptions: create one, with the handshake at its address", "created,deleted", func() (string, error) {
		made, err := p.app.Subscriptions().Post(ctx, wanted(), nil)
		if err != nil {
			return "", err
		}
		id = str(made.GetId())
		return str(made.GetChangeType()), nil
	})
	p.call("subscriptions: the same once more", "409 Conflict", func() (string, error) {
		_, err := p.app.Subscriptions().Post(ctx, wanted(), nil)
		return "created", err
	})
	one := p.app.Subscriptions().BySubscriptionId(id)
	p.call("subscriptions: renew it", "a later end", func() (string, error) {
		s := models.NewSubscription()
		end := p.now.Add(24 * time.Hour)
		s.SetExpirationDateTime(&end)
		changed, err := one.Patch(ctx, s, nil)
		if err != nil {
			return "", err
		}
		return choose(changed.GetExpirationDateTime().Equal(end), "a later end", "another end"), nil
	})
	p.call("subscriptions: list them", "1", func() (string, error) {
		list, err := p.app.Subscriptions().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprint(len(list.GetValue())), nil
	})
	p.call("subscriptions: a new event is notified", "created, its id, geheim", func() (string, error) {
		e, err := anna.Events().Post(ctx, p.event("gemeldet", 60*time.Hour, time.Hour), nil)
		if err != nil {
			return "", err
		}
		select {
		case n := <-l.got:
			return fmt.Sprintf("%s, %s, %s", n.Change, choose(n.Data.ID == str(e.GetId()) && n.Subscription == id, "its id", "another id"), n.ClientState), nil
		case <-time.After(20 * time.Second):
			return "no notification in 20 s", nil
		}
	})
	p.call("subscriptions: end it", "done", func() (string, error) { return "done", one.Delete(ctx, nil) })
	p.call("subscriptions: an address that does not answer", "400 ValidationError", func() (string, error) {
		s := wanted()
		s.SetNotificationUrl(ptr("http://127.0.0.1:9/nobody"))
		_, err := p.app.Subscriptions().Post(ctx, s, nil)
		return "created", err
	})
}
