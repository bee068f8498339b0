package sql_test

import (
	"context"
	"crypto/rand"
	stdsql "database/sql"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/gleis-dev/gleis/connectors/sql"
	"github.com/gleis-dev/gleis/sdk"
)

// database is an empty database of a test's own, and a way into it beside the
// connector, as another program would have.
type database struct {
	name string // "sqlite" or "postgres"
	dsn  string
	db   *stdsql.DB

	close func() // before the end of the test, so that many may come after one another
}

func (d *database) postgres() bool { return d.name == "postgres" }

// only returns the first of its arguments for SQLite, the second for PostgreSQL.
func (d *database) only(sqlite, postgres string) string {
	if d.postgres() {
		return postgres
	}
	return sqlite
}

func (d *database) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := d.db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// each runs a test against every database.
func each(t *testing.T, test func(*testing.T, *database)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newSQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newPostgres(t))
	})
}

func newSQLite(t testing.TB) *database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test %23?.db")
	path = strings.ReplaceAll(path, "?", "")
	u := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_txlock=immediate"}
	db, err := stdsql.Open("sqlite", u.String())
	if err != nil {
		t.Fatal(err)
	}
	d := &database{name: "sqlite", dsn: "sqlite:" + path, db: db, close: func() { db.Close() }}
	t.Cleanup(d.close)
	if err := db.PingContext(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}

func newPostgres(t testing.TB) *database {
	t.Helper()
	server := os.Getenv("GLEIS_POSTGRES_DSN")
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("GLEIS_POSTGRES_DSN is not set: in CI the connector is tested against PostgreSQL")
		}
		t.Skip("NO POSTGRESQL, THIS TEST IS SKIPPED: run scripts/postgres go test ./connectors/sql, or set GLEIS_POSTGRES_DSN")
	}
	schema := "gleis_" + strings.ToLower(rand.Text())
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	db, err := stdsql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(context.Background(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	d := &database{name: "postgres", dsn: u.String(), db: db}
	d.close = sync.OnceFunc(func() {
		if _, err := db.ExecContext(context.Background(), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	t.Cleanup(d.close)
	return d
}

// open opens the connector; settings are pairs of name and value.
func (d *database) open(t testing.TB, settings ...string) sdk.Conn {
	t.Helper()
	c, err := d.tryOpen(t, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *database) tryOpen(t testing.TB, settings ...string) (sdk.Conn, error) {
	t.Helper()
	raw := map[string]string{"dsn": d.dsn}
	for i := 0; i < len(settings); i += 2 {
		raw[settings[i]] = settings[i+1]
	}
	con := sql.Connector()
	set, err := sdk.ParseSettings(con.Spec.Settings, raw)
	if err != nil {
		t.Fatal(err)
	}
	c, err := con.Open(context.Background(), sdk.Env{
		Settings: set, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now,
		Progress: func(int64, int64, string) {},
	})
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func read(t fataler, c sdk.Conn, req sdk.ReadRequest) []sdk.Batch {
	t.Helper()
	var got []sdk.Batch
	err := sdk.Read(context.Background(), c, req, func(b sdk.Batch) error {
		b.Records = slices.Clone(b.Records)
		got = append(got, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) == 0 || !got[0].Start {
		t.Fatalf("a read begins with a batch that has Start: %+v", got)
	}
	return got
}

func cursorOf(batches []sdk.Batch) []byte { return batches[len(batches)-1].Cursor }

func write(t fataler, c sdk.Conn, object string, records ...sdk.Record) []sdk.Result {
	t.Helper()
	res, err := sdk.Write(context.Background(), c, sdk.WriteRequest{Object: object, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	if len(res) != len(records) {
		t.Fatalf("%d results for %d records", len(res), len(records))
	}
	return res
}

// texts returns what batches hold: "op key" of records, "failed key" of failures.
func texts(batches []sdk.Batch) []string {
	out := []string{}
	for _, b := range batches {
		for _, r := range b.Records {
			s := r.Key
			if r.Op != sdk.Upsert {
				s = r.Op.String() + " " + s
			}
			out = append(out, s)
		}
		for _, f := range b.Failed {
			out = append(out, "failed "+f.Key)
		}
	}
	return out
}

func data(text string) sdk.Record { return sdk.Record{Data: []byte(text)} }

func query(t fataler, c sdk.Conn, req sdk.QueryRequest) ([]string, error) {
	t.Helper()
	out := []string{}
	done := false
	err := sdk.Query(context.Background(), c, req, func(b sdk.Batch) error {
		for _, r := range b.Records {
			out = append(out, string(r.Data))
		}
		for _, f := range b.Failed {
			out = append(out, "failed: "+f.Err.Error())
		}
		done = b.Done
		return nil
	})
	if err == nil && !done {
		t.Fatal("the last batch of a query is done")
	}
	return out, err
}

const people = `CREATE TABLE people (
	id TEXT PRIMARY KEY, name TEXT NOT NULL, email VARCHAR(40) UNIQUE, age INTEGER,
	updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP)`
