package memory

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// settings of every connection, and those of a connector that stands alone.
func connSettings() []sdk.Setting {
	one, most, none := int64(1), int64(sdk.MaxBatchRecords), int64(0)
	return []sdk.Setting{
		{
			Name: "batch", Type: sdk.SettingInt, Default: "100", Min: &one, Max: &most, Order: 10,
			Title: sdk.Text{EN: "Records in a batch", DE: "Datensätze je Stapel"},
		},
		{
			Name: "delay_ms", Type: sdk.SettingInt, Default: "0", Min: &none, Order: 11,
			Title: sdk.Text{EN: "Delay in milliseconds", DE: "Verzögerung in Millisekunden"},
			Help:  sdk.Text{EN: "Waited before every batch read and every call that writes.", DE: "Wird vor jedem gelesenen Stapel und jedem schreibenden Aufruf gewartet."},
		},
		{
			Name: "secret", Secret: true, Order: 12,
			Title: sdk.Text{EN: "Secret", DE: "Geheimnis"},
			Help:  sdk.Text{EN: "Stands for a password; \"wrong\" is refused.", DE: "Steht für ein Kennwort; „wrong“ wird abgelehnt."},
		},
	}
}

func aloneSettings() []sdk.Setting {
	return append([]sdk.Setting{
		{
			Name: "objects", MultiLine: true, ChangesSchema: true, Order: 1,
			Title: sdk.Text{EN: "Objects", DE: "Objekte"},
			Help:  sdk.Text{EN: "JSON array of objects with name, key, fields and partitions. Empty: one object \"item\".", DE: "JSON-Array von Objekten mit name, key, fields und partitions. Leer: ein Objekt „item“."},
		},
		{
			Name: "file", Order: 2, Title: sdk.Text{EN: "File", DE: "Datei"},
			Help: sdk.Text{EN: "JSON file that keeps the records beyond the end of the process. Empty: kept in memory only.", DE: "JSON-Datei, in der die Datensätze das Ende des Prozesses überdauern. Leer: nur im Speicher."},
		},
		{
			Name: "store", Order: 3, Title: sdk.Text{EN: "Store", DE: "Ablage"},
			Help: sdk.Text{EN: "Without a file: connections of the same store share their records.", DE: "Ohne Datei: Verbindungen derselben Ablage teilen ihre Datensätze."},
		},
		{
			Name: "trim", Type: sdk.SettingBool, Order: 4, Title: sdk.Text{EN: "Trim texts on write", DE: "Texte beim Schreiben kürzen"},
			Help: sdk.Text{EN: "Blanks around texts are removed, as many systems do.", DE: "Leerzeichen um Texte werden entfernt, wie es viele Systeme tun."},
		},
		{
			Name: "unconfirmed", Type: sdk.SettingBool, Order: 5, Title: sdk.Text{EN: "Deletions are not confirmed", DE: "Löschungen werden nicht bestätigt"},
		},
		{
			Name: "faults", MultiLine: true, Order: 6, Title: sdk.Text{EN: "Faults", DE: "Störungen"},
			Help: sdk.Text{
				EN: "JSON array of faults with op, object, partition, key, skip, times, after, whole, kind, retry_after_ms.",
				DE: "JSON-Array von Störungen mit op, object, partition, key, skip, times, after, whole, kind, retry_after_ms.",
			},
		},
	}, connSettings()...)
}

func spec(settings []sdk.Setting, steps []sdk.StepSpec) sdk.Spec {
	return sdk.Spec{
		Name: "memory", Title: sdk.Text{EN: "Memory", DE: "Arbeitsspeicher"}, Version: "1.0.0",
		Settings: settings, Steps: steps,
	}
}

// stepOf is the step that reads an object within a span of time and writes it.
func stepOf(object string, title sdk.Text) sdk.StepSpec {
	return sdk.StepSpec{
		Name: object, Title: title, Object: object, Source: true, Target: true,
		Settings: []sdk.Setting{
			{Name: "from", Title: sdk.Text{EN: "From (RFC 3339, UTC)", DE: "Von (RFC 3339, UTC)"}},
			{Name: "to", Title: sdk.Text{EN: "Before (RFC 3339, UTC)", DE: "Vor (RFC 3339, UTC)"}},
		},
	}
}

// Connector returns a connector whose connections all see s. Objects that are
// defined now and have a field for Record.At get a step of their own name.
func (s *System) Connector() sdk.Connector {
	s.mu.Lock()
	var steps []sdk.StepSpec
	for _, d := range s.defs {
		if d.At != "" {
			steps = append(steps, stepOf(d.Name, d.Title))
		}
	}
	s.mu.Unlock()
	return sdk.Define(spec(connSettings(), steps), func(ctx context.Context, env sdk.Env) (*conn, error) {
		return open(ctx, s, env, steps)
	})
}

// Connector returns a connector that stands alone: what its connections see
// comes from their settings. Connections with the same file, or without one with
// the same store, share their records; a file may be shared by several
// processes.
func Connector() sdk.Connector {
	var mu sync.Mutex
	systems := map[string]*System{}
	steps := []sdk.StepSpec{stepOf("item", Item().Title)}
	return sdk.Define(spec(aloneSettings(), steps), func(ctx context.Context, env sdk.Env) (*conn, error) {
		mu.Lock()
		defer mu.Unlock()
		name := "store:" + env.Settings.Text("store")
		if f := env.Settings.Text("file"); f != "" {
			abs, err := filepath.Abs(f)
			if err != nil {
				return nil, &sdk.Error{Op: "open", Kind: sdk.Invalid, Code: "file", Err: err}
			}
			name = "file:" + abs
		}
		s, err := configured(systems[name], env.Settings)
		if err != nil {
			return nil, err
		}
		c, err := open(ctx, s, env, steps)
		if err != nil {
			return nil, err
		}
		systems[name] = s
		return c, nil
	})
}

// configured returns s, or a new System if s is nil, with what the settings say.
func configured(s *System, set sdk.Settings) (*System, error) {
	objects, err := parseObjects(set.Text("objects"))
	if err != nil {
		return nil, err
	}
	fresh := s == nil
	if fresh {
		s = newSystem()
		if f := set.Text("file"); f != "" {
			s.file = &stateFile{path: f}
		}
	}
	for _, o := range objects {
		if err := s.define(o); err != nil {
			return nil, at(err, "open", "", "", "")
		}
	}
	if !fresh {
		return s, nil
	}
	s.switches.Unconfirmed = set.Bool("unconfirmed")
	if set.Bool("trim") {
		s.switches.Normalise = Trim
	}
	if s.faults, err = parseFaults(set.Text("faults")); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	s.leave()
	return s, nil
}

func parseFaults(text string) ([]*Fault, error) {
	if text == "" {
		return nil, nil
	}
	var in []struct {
		Op, Object, Partition, Key string
		Skip, Times                int
		After, Whole               bool
		Kind                       string
		RetryAfter                 int64 `json:"retry_after_ms"`
	}
	if err := sdk.Decode([]byte(text), &in); err != nil {
		return nil, sdk.Errorf(sdk.Invalid, "faults", "setting \"faults\" is no JSON array of faults: %w", err)
	}
	var out []*Fault
	for _, f := range in {
		kind := sdk.Unavailable
		for k := sdk.Internal; f.Kind != ""; k++ {
			if k > sdk.Pending {
				return nil, sdk.Errorf(sdk.Invalid, "faults", "setting \"faults\": unknown kind %q", f.Kind)
			}
			if k.Error() == f.Kind {
				kind = k
				break
			}
		}
		out = append(out, &Fault{
			Op: f.Op, Object: f.Object, Partition: f.Partition, Key: f.Key,
			Skip: f.Skip, Times: f.Times, After: f.After, Whole: f.Whole,
			Err: &sdk.Error{Kind: kind, Code: "fault", RetryAfter: time.Duration(f.RetryAfter) * time.Millisecond, Err: errors.New("as the settings ask for")},
		})
	}
	return out, nil
}

// conn is a connection to a System.
type conn struct {
	sys   *System
	env   sdk.Env
	steps []sdk.StepSpec
	batch int
	delay time.Duration
	close func()
	done  chan struct{}
}

var (
	_ sdk.Conn        = (*conn)(nil)
	_ sdk.Reader      = (*conn)(nil)
	_ sdk.Writer      = (*conn)(nil)
	_ sdk.Querier     = (*conn)(nil)
	_ sdk.Finder      = (*conn)(nil)
	_ sdk.Stepper     = (*conn)(nil)
	_ sdk.Partitioner = (*conn)(nil)
	_ sdk.Poller      = (*conn)(nil)
	_ sdk.Checker     = (*conn)(nil)
	_ sdk.Chooser     = (*conn)(nil)
	_ sdk.Authorizer  = (*conn)(nil)
	_ sdk.BlobOpener  = (*conn)(nil)
)

func open(ctx context.Context, s *System, env sdk.Env, steps []sdk.StepSpec) (*conn, error) {
	if env.Settings.Secret("secret").Reveal() == "wrong" {
		return nil, &sdk.Error{
			Op: "open", Kind: sdk.Auth, Code: "secret_wrong", Err: errors.New("the secret is wrong"),
			Hint: sdk.Text{EN: "correct the setting \"secret\"", DE: "die Einstellung „secret“ berichtigen"},
		}
	}
	if err := s.strike(ctx, Call{Op: "open"}); err != nil {
		return nil, at(err, "open", "", "", "")
	}
	s.mu.Lock()
	if env.Now != nil {
		s.now = env.Now
	}
	s.mu.Unlock()
	c := &conn{
		sys: s, env: env, steps: steps, batch: int(env.Settings.Int("batch")),
		delay: time.Duration(env.Settings.Int("delay_ms")) * time.Millisecond, done: make(chan struct{}),
	}
	c.close = sync.OnceFunc(func() { close(c.done) })
	if c.batch == 0 {
		c.batch = 100
	}
	if env.Log != nil {
		env.Log.InfoContext(ctx, "opened", "settings", env.Settings)
	}
	return c, nil
}

// Schema implements sdk.Conn.
func (c *conn) Schema(ctx context.Context) (*sdk.Schema, error) {
	if err := c.begin(ctx, Call{Op: "schema"}); err != nil {
		return nil, err
	}
	c.sys.mu.Lock()
	defer c.sys.mu.Unlock()
	s := &sdk.Schema{}
	for _, d := range c.sys.defs {
		s.Objects = append(s.Objects, d.Object)
	}
	return s, nil
}

// Close implements sdk.Conn.
func (c *conn) Close() error {
	c.close()
	return nil
}

// begin is called before a call is carried out.
func (c *conn) begin(ctx context.Context, call Call) error {
	if err := c.open(); err != nil {
		return at(err, call.Op, call.Object, call.Partition, call.Key)
	}
	return at(c.sys.strike(ctx, call), call.Op, call.Object, call.Partition, call.Key)
}

func (c *conn) open() error {
	select {
	case <-c.done:
		return sdk.Errorf(sdk.Unavailable, "closed", "the connection is closed")
	default:
		return nil
	}
}

// pause waits for the delay of the settings.
func (c *conn) pause(ctx context.Context) error {
	if c.delay == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(c.delay)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
		return c.open()
	case <-t.C:
		return nil
	}
}

// at returns err as an *sdk.Error that says where it happened; nil for nil.
func at(err error, op, object, partition, key string) error {
	if err == nil {
		return nil
	}
	e := *sdk.AsError(err)
	for _, x := range []struct {
		field *string
		value string
	}{{&e.Op, op}, {&e.Object, object}, {&e.Partition, partition}, {&e.Key, key}} {
		if *x.field == "" {
			*x.field = x.value
		}
	}
	return &e
}

func invalidField(code, field, format string, args ...any) *sdk.Error {
	return &sdk.Error{Kind: sdk.Invalid, Code: code, Args: map[string]string{"field": field}, Err: fmt.Errorf("field %q %s", field, fmt.Sprintf(format, args...))}
}
