//go:build linux || darwin

package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// probe is the connector that the tests drive: the object of a request says what
// it does.
type probe struct {
	env  sdk.Env
	size atomic.Int64
}

func probeConnector() sdk.Connector {
	low := int64(1)
	return sdk.Define(sdk.Spec{
		Name: "probe", Title: sdk.Text{EN: "Probe", DE: "Sonde"}, Version: "1.2.3", Languages: []string{"sql"},
		Settings: []sdk.Setting{
			{Name: "secret", Secret: true},
			{Name: "size", Type: sdk.SettingInt, Default: "7", Min: &low},
			{Name: "names", Type: sdk.SettingList},
			{Name: "shown", DisplayOnly: true, Default: "fixed"},
			{Name: "fail", DependsOn: &sdk.Condition{Setting: "size", Values: []string{"8"}}, Choices: []sdk.Choice{{Value: "a", Title: sdk.Text{EN: "A"}}}},
		},
		Steps: []sdk.StepSpec{{Name: "walk", Title: sdk.Text{EN: "Walk"}, Object: "thing", Source: true, Target: true, Settings: []sdk.Setting{{Name: "pace", Default: "slow"}}}},
	}, func(ctx context.Context, env sdk.Env) (*probe, error) {
		switch env.Settings.Text("fail") {
		case "auth":
			return nil, &sdk.Error{Op: "open", Kind: sdk.Auth, Code: "bad_secret"}
		case "panic":
			panic("no such luck")
		case "hang":
			<-ctx.Done()
			return nil, ctx.Err()
		case "late": // opens although nobody waits any more
			<-ctx.Done()
		case "exit":
			os.Exit(3)
		case "join":
			return nil, errors.Join(sdk.Errorf(sdk.Invalid, "first", "one"), sdk.Errorf(sdk.Auth, "second", "two"))
		}
		env.Log.Info("opened", "size", env.Settings.Int("size"), "secret", env.Settings.Secret("secret"))
		return &probe{env: env}, nil
	})
}

func (p *probe) Close() error {
	p.env.Log.Info("closed")
	return nil
}

func (p *probe) Schema(ctx context.Context) (*sdk.Schema, error) {
	if err := p.act(ctx, p.env.Settings.Text("fail")); err != nil {
		return nil, err
	}
	item := sdk.Field{Name: "item", Type: sdk.TypeText, MaxLength: 9}
	s := &sdk.Schema{Objects: []sdk.Object{{
		Name: "thing", Title: sdk.Text{EN: "Thing", DE: "Ding"}, Key: []string{"id"}, Changed: "at", Positions: "lines",
		Idempotency: sdk.ByIntent, Allow: sdk.Allow{Read: true, Create: true, ByKey: true, Partitioned: true},
		Fields: []sdk.Field{
			{Name: "id", Type: sdk.TypeText, Required: true, CreateOnly: true},
			{Name: "at", Type: sdk.TypeLocalTime, Zone: "zone", ReadOnly: true}, {Name: "zone", Type: sdk.TypeText},
			{Name: "kind", Type: sdk.TypeEnum, Choices: []sdk.Choice{{Value: "x"}}},
			{Name: "lines", Type: sdk.TypeList, Item: &item},
			{Name: "place", Type: sdk.TypeObject, Fields: []sdk.Field{{Name: "street", Type: sdk.TypeText, Help: sdk.Text{EN: "h"}}}},
		},
	}}}
	for i := range 2000 { // more than one message
		s.Objects = append(s.Objects, sdk.Object{Name: fmt.Sprintf("o%d", i), Title: sdk.Text{EN: strings.Repeat("t", 1000)}})
	}
	return s, nil
}

// act does what any method can be asked to do.
func (p *probe) act(ctx context.Context, what string) error {
	name, arg, _ := strings.Cut(what, " ")
	switch name {
	case "error":
		return failureOf(arg)
	case "panic":
		panic("oh dear " + arg)
	case "exit":
		os.Exit(3)
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "hang": // and does not even listen to ctx
		select {}
	case "wait":
		<-ctx.Done()
		return fmt.Errorf("wait: %w", ctx.Err())
	case "grow":
		for all := []byte("m"); ; {
			all = append(all, bytes.Repeat([]byte("m"), 16<<20)...)
			p.size.Store(int64(len(all)))
		}
	case "grandchild", "runaway":
		return startSleeper(arg, name == "runaway")
	}
	return nil
}

// failureOf returns an error of every shape by name.
func failureOf(name string) error {
	n, err := strconv.Atoi(name)
	if err == nil {
		return &sdk.Error{
			Op: "read", Object: "o", Key: "k", Partition: "p", Kind: sdk.Kind(n), Code: "case", Args: map[string]string{"a": "b"},
			Hint: sdk.Text{EN: "do this", DE: "tu das"}, RetryAfter: 7 * time.Second, Err: errors.New("the cause"),
		}
	}
	switch name {
	case "plain":
		return errors.New("nothing special")
	case "wrapped":
		return fmt.Errorf("sign in: %w", &sdk.Error{Kind: sdk.Throttled, RetryAfter: time.Minute, Err: errors.New("429")})
	case "garbled":
		return errors.New("bad \xff\xfe text " + strings.Repeat("x", 100_000))
	}
	return nil
}

func (p *probe) Read(ctx context.Context, req sdk.ReadRequest, emit sdk.Emit) error {
	if err := p.act(ctx, req.Object); err != nil {
		return err
	}
	name, arg, _ := strings.Cut(req.Object, " ")
	n, _ := strconv.Atoi(arg)
	switch name {
	case "count": // n batches of one record
		for i := range n {
			if err := emit(sdk.Batch{Records: []sdk.Record{{Object: "count", Key: strconv.Itoa(i), Stamp: "s", Data: []byte(`{}`)}}, Cursor: []byte{byte(i)}, Done: i == n-1}); err != nil {
				return fmt.Errorf("emit: %w", err)
			}
		}
	case "many": // one batch of n records
		b := sdk.Batch{Start: true, Full: true, Done: true, Reach: [2]string{"a", "b"}, Cursor: []byte{}}
		for i := range n {
			b.Records = append(b.Records, sdk.Record{Object: "many", Partition: "p", Key: strconv.Itoa(i), Data: bytes.Repeat([]byte("x"), 1000)})
		}
		b.Failed = []sdk.Failure{{Key: "f", Partition: "q", Err: sdk.Errorf(sdk.Auth, "denied", "no")}}
		return emit(b)
	case "big": // a record of n bytes among small ones
		return emit(sdk.Batch{Records: []sdk.Record{{Key: "a", Data: []byte("{}")}, {Key: "big", Data: make([]byte, n)}, {Key: "z", Op: sdk.Delete}}})
	case "batch": // a batch of n MiB
		b := sdk.Batch{}
		for range n {
			b.Records = append(b.Records, sdk.Record{Key: "k", Data: make([]byte, 1<<20)})
		}
		return emit(b)
	case "garbled":
		return emit(sdk.Batch{Records: []sdk.Record{{Key: "bad \xff"}, {Key: "good"}}})
	case "cursor":
		return emit(sdk.Batch{Cursor: make([]byte, n)})
	case "commit": // what does the host's store hold when emit has returned?
		for i := range n {
			if err := emit(sdk.Batch{Records: []sdk.Record{{Key: strconv.Itoa(i)}}}); err != nil {
				return err
			}
			v, err := p.env.Params.Get(ctx, "committed")
			if err != nil || v.Value.Reveal() != strconv.Itoa(i) {
				return fmt.Errorf("emit %d returned while the store held %q: %w", i, v.Value.Reveal(), err)
			}
		}
	case "stubborn": // goes on after a refused batch
		if err := emit(sdk.Batch{}); err == nil {
			return errors.New("not refused")
		}
		<-ctx.Done()
		return ctx.Err()
	case "echo":
		return emit(sdk.Batch{Records: []sdk.Record{{Key: fmt.Sprintf("%q", fmt.Sprintf("%+v", req))}}})
	}
	return nil
}

func (p *probe) Query(ctx context.Context, req sdk.QueryRequest, emit sdk.Emit) error {
	if err := p.act(ctx, req.Object); err != nil {
		return err
	}
	return emit(sdk.Batch{Done: true, Records: []sdk.Record{{Key: fmt.Sprintf("%q", fmt.Sprintf("%+v", req))}}})
}

func (p *probe) Write(ctx context.Context, req sdk.WriteRequest) ([]sdk.Result, error) {
	if err := p.act(ctx, req.Object); err != nil {
		return nil, err
	}
	var out []sdk.Result
	for _, r := range req.Records {
		out = append(out, sdk.Result{Key: r.Key, Stamp: r.IfStamp + "+", Partition: r.Partition, Data: r.Data, Notifies: 2, Outcome: sdk.Done,
			Related: []sdk.Record{{Key: r.Key + "/1", Data: []byte("{}")}}})
	}
	if req.Object == "short" {
		out = out[1:]
	}
	if req.DryRun {
		out[0].Outcome, out[0].Err = sdk.NotDone, sdk.Errorf(sdk.Conflict, "stamp", "other stamp")
	}
	return out, nil
}

func (p *probe) Find(ctx context.Context, req sdk.FindRequest) ([]sdk.Match, error) {
	if err := p.act(ctx, req.Object); err != nil {
		return nil, err
	}
	var out []sdk.Match
	for i, r := range req.Records {
		out = append(out, sdk.Match{Index: i, Key: r.Key, Stamp: req.Since.Format(time.RFC3339), Partition: req.Filter, Data: []byte(`{}`)})
	}
	return out, nil
}

func (p *probe) RunStep(ctx context.Context, req sdk.StepRequest, emit sdk.Emit) ([]sdk.Result, error) {
	if req.Read != nil {
		return nil, p.Read(ctx, *req.Read, func(b sdk.Batch) error {
			for i := range b.Records {
				b.Records[i].Stamp = req.Settings.Text("pace")
			}
			return emit(b)
		})
	}
	return p.Write(ctx, *req.Write)
}

func (p *probe) Partitions(ctx context.Context, req sdk.PartitionRequest) (sdk.PartitionList, error) {
	if err := p.act(ctx, req.Object); err != nil {
		return sdk.PartitionList{}, err
	}
	list := sdk.PartitionList{Scope: bytes.Repeat([]byte("scope"), 500_000), Failed: []sdk.Failure{{Partition: "lost", Err: sdk.NotFound}}}
	for i := range 1200 {
		list.Partitions = append(list.Partitions, sdk.Partition{ID: strconv.Itoa(i), Group: "g", Title: "T"})
	}
	return list, nil
}

func (p *probe) Poll(ctx context.Context, req sdk.PollRequest) ([]sdk.PollResult, error) {
	if err := p.act(ctx, req.Object); err != nil {
		return nil, err
	}
	var out []sdk.PollResult
	for i, item := range req.Items {
		r := sdk.PollResult{Partition: item.Partition, Changed: i%2 == 0, Cursor: item.Cursor}
		if i == 1 {
			r.Err = sdk.Errorf(sdk.Auth, "denied", "no")
		}
		out = append(out, r)
	}
	return out, nil
}

func (p *probe) Check(ctx context.Context) ([]sdk.Finding, error) {
	if err := p.act(ctx, p.env.Settings.Text("fail")); err != nil {
		return nil, err
	}
	return []sdk.Finding{{Level: sdk.Warning, Name: "clock", Text: sdk.Text{EN: p.env.Now().UTC().Format(time.RFC3339)}, Hint: sdk.Text{EN: "h", DE: "d"}}}, nil
}

func (p *probe) Choices(ctx context.Context, req sdk.ChoiceRequest) ([]sdk.Choice, error) {
	if err := p.act(ctx, req.Object); err != nil {
		return nil, err
	}
	return []sdk.Choice{{Value: fmt.Sprintf("%q", fmt.Sprintf("%+v", req)), Title: sdk.Text{DE: "Titel"}}}, nil
}

func (p *probe) Authorize(ctx context.Context, req sdk.AuthorizeRequest) (sdk.Authorization, error) {
	if err := p.act(ctx, req.Flow); err != nil {
		return sdk.Authorization{}, err
	}
	return sdk.Authorization{URL: fmt.Sprintf("%+v", req), UserCode: "u", Device: sdk.NewSecret("dev"), Expires: time.Unix(1e9, 0).UTC(), Interval: 5 * time.Second}, nil
}

func (p *probe) Redeem(ctx context.Context, req sdk.RedeemRequest) (sdk.Consent, error) {
	if err := p.act(ctx, req.RedirectURI); err != nil {
		return sdk.Consent{}, err
	}
	return sdk.Consent{Tenant: "t", Subject: req.Code.Reveal(), User: req.Verifier.Reveal(), Scopes: []string{"a", "b"}, Token: sdk.NewSecret("token")}, nil
}

// OpenBlob reads a blob through the host and hands it on, or does one of the
// other things that need the host.
func (p *probe) OpenBlob(ctx context.Context, ref string) (io.ReadCloser, error) {
	if err := p.act(ctx, ref); err != nil {
		return nil, err
	}
	name, arg, _ := strings.Cut(ref, " ")
	switch name {
	case "grandchild", "runaway":
		return said("started", nil)
	case "params":
		return said(p.params(ctx))
	case "lock":
		release, err := p.env.Locker.Lock(ctx, arg)
		if err != nil {
			return nil, err
		}
		release()
		return said("locked and released", nil)
	case "keep": // a lease that is never given back
		_, err := p.env.Locker.Lock(ctx, arg)
		return said("kept", err)
	case "progress":
		p.env.Progress(3, 10, arg)
		return said("", nil)
	case "random":
		b := make([]byte, 4)
		_, err := io.ReadFull(p.env.Rand, b)
		return said(string(b), err)
	case "env":
		return said(strings.Join(os.Environ(), "\x00"), nil)
	case "log":
		p.env.Log.Warn(arg, "n", 1)
		return said("", nil)
	case "stdout":
		return said(floodStdout())
	case "self":
		return said(describeSelf())
	}
	return p.env.Blobs.OpenBlob(ctx, ref)
}

func said(s string, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, err
	}
	return io.NopCloser(strings.NewReader(s)), nil
}

func (p *probe) params(ctx context.Context) (string, error) {
	ps := p.env.Params
	if _, err := ps.Get(ctx, "token"); !errors.Is(err, sdk.NotFound) {
		return "", fmt.Errorf("get of nothing: %w", err)
	}
	if err := ps.Put(ctx, "token", sdk.NewSecret("one \xff"), 0); err != nil {
		return "", err
	}
	v, err := ps.Get(ctx, "token")
	if err != nil || v.Value.Reveal() != "one \xff" || v.Version != 1 {
		return "", fmt.Errorf("got %q at %d: %w", v.Value.Reveal(), v.Version, err)
	}
	if err := ps.Put(ctx, "token", sdk.NewSecret("two"), 0); !errors.Is(err, sdk.Conflict) {
		return "", fmt.Errorf("put over a newer version: %w", err)
	}
	if err := ps.Put(ctx, strings.Repeat("n", 513), sdk.NewSecret("x"), 0); !errors.Is(err, sdk.Invalid) {
		return "", fmt.Errorf("put with a long name: %w", err)
	}
	infos, err := ps.List(ctx, "to")
	if err != nil || len(infos) != 1 || infos[0].Name != "token" || infos[0].Changed.IsZero() {
		return "", fmt.Errorf("listed %v: %w", infos, err)
	}
	if err := ps.Delete(ctx, "token"); err != nil {
		return "", err
	}
	_, err = ps.Get(ctx, "token")
	if !errors.Is(err, sdk.NotFound) {
		return "", fmt.Errorf("get after delete: %w", err)
	}
	return "all well", nil
}
