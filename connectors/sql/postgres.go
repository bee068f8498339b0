package sql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gleis-dev/gleis/sdk"
)

func postgresDialect() *dialect {
	return &dialect{
		name:       "PostgreSQL",
		place:      func(n int) string { return fmt.Sprintf("$%d", n) },
		same:       "IS NOT DISTINCT FROM",
		forUpdate:  " FOR UPDATE",
		clock:      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
		catalogue:  postgresCatalogue,
		problem:    postgresProblem,
		resultType: func(native string) *column { return postgresColumn(strings.ToLower(native)) },
		version:    "SELECT 'PostgreSQL ' || current_setting('server_version')",
		schemas:    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'USAGE') ORDER BY nspname",
	}
}

// sessionForms fixes the forms in which the server writes and reads values,
// whatever its own settings are. They are set after the connection was made, as
// poolers refuse some of them at its begin.
const sessionForms = `SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'UTC';
SET bytea_output = 'hex'; SET extra_float_digits = 1; SET standard_conforming_strings = on; SET client_encoding = 'UTF8'`

func (c *conn) openPostgres(ctx context.Context) error {
	c.d = postgresDialect()
	cfg, err := pgx.ParseConfig(c.cfg.dsn)
	if err != nil {
		// The error of the parser may hold parts of the dsn.
		e := settingError("dsn", "it is no PostgreSQL address")
		e.Hint = sdk.Text{
			EN: "write postgres://user:password@host:5432/database; in user and password, characters other than letters and digits as %XX",
			DE: "postgres://benutzer:kennwort@host:5432/datenbank schreiben; in Benutzer und Kennwort andere Zeichen als Buchstaben und Ziffern als %XX",
		}
		return e
	}
	cfg.ConnectTimeout = c.cfg.timeout
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "gleis"
	}
	forms := sessionForms + fmt.Sprintf("; SET lock_timeout = %d", c.cfg.timeout.Milliseconds())
	if c.cfg.readOnly {
		forms += "; SET default_transaction_read_only = on"
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, pc *pgx.Conn) error {
		_, err := pc.PgConn().Exec(ctx, forms).ReadAll()
		return err
	}))
	db.SetMaxOpenConns(c.cfg.conns)
	db.SetMaxIdleConns(c.cfg.conns)
	c.reads, c.writes = db, db
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return err
	}
	return nil
}

// postgresProblem reads the server's codes (postgresql.org, "PostgreSQL Error
// Codes").
func postgresProblem(err error) *sdk.Error {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return &sdk.Error{Kind: sdk.Unavailable, Code: "serialization", Err: err}
	}
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return networkProblem(err)
	}
	e := &sdk.Error{Kind: sdk.Internal, Code: "postgres", Args: map[string]string{"sqlstate": pe.Code}, Err: errors.New(postgresText(pe))}
	if pe.ColumnName != "" {
		e.Args["field"] = pe.ColumnName
	}
	if pe.ConstraintName != "" {
		e.Args["constraint"] = pe.ConstraintName
	}
	for prefix, p := range map[string]struct {
		kind sdk.Kind
		code string
	}{
		"08": {sdk.Unavailable, "connection"}, "28": {sdk.Auth, "sign_in"}, "3D": {sdk.Invalid, "database_unknown"}, "3F": {sdk.Invalid, "schema_unknown"},
		"42501": {sdk.Auth, "permission"}, "42P01": {sdk.Invalid, codeSchema}, "42703": {sdk.Invalid, codeSchema}, "42P07": {sdk.Invalid, "statement"},
		"23505": {sdk.Conflict, "unique_violation"}, "23P01": {sdk.Conflict, "exclusion"}, "23502": {sdk.Invalid, "field_required"},
		"23503": {sdk.Invalid, "foreign_key"}, "23514": {sdk.Invalid, "check"}, "22001": {sdk.Invalid, "field_length"},
		"40001": {sdk.Unavailable, "serialization"}, "40P01": {sdk.Unavailable, "serialization"}, "55P03": {sdk.Unavailable, "busy"},
		"53": {sdk.Unavailable, "resources"}, "57P": {sdk.Unavailable, "shutdown"}, "57014": {sdk.Unavailable, "cancelled"}, "58": {sdk.Unavailable, "system"},
		"25006": {sdk.Auth, "read_only"}, "0A": {sdk.Unsupported, "unsupported"}, "54": {sdk.Invalid, "limit"}, "P0": {sdk.Invalid, "raised"},
	} {
		if strings.HasPrefix(pe.Code, prefix) {
			e.Kind, e.Code = p.kind, p.code
			return e
		}
	}
	switch pe.Code[:min(2, len(pe.Code))] {
	case "22":
		e.Kind, e.Code = sdk.Invalid, "field_value"
	case "23", "44":
		e.Kind, e.Code = sdk.Invalid, "constraint"
	case "42":
		e.Kind, e.Code = sdk.Invalid, "statement"
	}
	return e
}

// postgresText says what the server said.
func postgresText(pe *pgconn.PgError) string {
	s := pe.Message
	for _, more := range []string{pe.Detail, pe.Hint} {
		if more != "" {
			s += "; " + more
		}
	}
	if pe.Position > 0 {
		s += fmt.Sprintf(" (at character %d)", pe.Position)
	}
	return s + " (" + pe.Code + ")"
}

// networkProblem reads the errors of the way to the server.
func networkProblem(err error) *sdk.Error {
	var ne net.Error
	var ce *pgconn.ConnectError
	switch {
	case errors.As(err, &ce):
		e := &sdk.Error{
			Kind: sdk.Unavailable, Code: "connection", Err: fmt.Errorf("no connection to %s: %w", ce.Config.Host, errors.Unwrap(err)),
			Hint: sdk.Text{EN: "check host and port in \"dsn\", the network and the server", DE: "Host und Port in „dsn“, das Netz und den Server prüfen"},
		}
		return e
	case errors.As(err, &ne), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err), strings.Contains(err.Error(), "conn closed"), strings.Contains(err.Error(), "unexpected EOF"), strings.Contains(err.Error(), "bad connection"):
		return &sdk.Error{Kind: sdk.Unavailable, Code: "connection", Err: err}
	}
	return nil
}
