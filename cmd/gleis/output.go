package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/gleis-dev/gleis/sdk"
)

// line prints v as one line of JSON.
func (a *app) line(v any) error {
	b, err := sdk.Encode(v)
	if err != nil {
		return fmt.Errorf("encode output: %w", err)
	}
	_, err = fmt.Fprintf(a.out, "%s\n", b)
	return err
}

// table prints rows in columns; the first row is the heading.
func (a *app) table(rows [][]string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// logger returns a logger on stderr, in JSON where the output is JSON.
func (a *app) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("--log %s: write debug, info, warn or error", a.logLevel))
	}
	opt := &slog.HandlerOptions{Level: level}
	if a.json {
		return slog.New(slog.NewJSONHandler(a.err, opt)), nil
	}
	return slog.New(slog.NewTextHandler(a.err, opt)), nil
}

// printable returns JSON for a value from a connector, as is where it is valid.
func printable(data []byte) json.RawMessage {
	if json.Valid(data) {
		return data
	}
	b, _ := json.Marshal(string(data)) // a string always encodes
	return b
}

// plain takes control characters out of text that came from outside, so that it
// cannot steer a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}
