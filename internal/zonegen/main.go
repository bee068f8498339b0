// Command zonegen writes the table of package sdk/zone from the Unicode CLDR.
//
// It fetches two npm packages of one CLDR version with npm, checks them against the sums in this file, and joins
// windowsZones.json (Windows name to IANA names) with timezone.json (further names of the same IANA zone).
package main

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

const version = "48.2.0" // of both npm packages

// A source is one file of an npm package, with the package's SHA-512.
type source struct {
	pkg, sum, file string
}

func windowsZones() source {
	return source{
		pkg:  "cldr-core",
		sum:  "cdf98ba2d867712c1fbf68e57afa12ae0236546807f120c61d7b2dea3504a2d1c0f27abd2207a0f63cdd24316d06ca3da6026e1bcf432b5e93ceb9990dda3606",
		file: "package/supplemental/windowsZones.json",
	}
}

func timeZones() source {
	return source{
		pkg:  "cldr-bcp47",
		sum:  "92cdf337e59b835cccaaf24d7836a2d730342411876c09f1bf62a8e2b8d5a21bd7b1c0c69936bb54dcb54fe411950c374153f341c0a6d843a212d01f394e1dfa",
		file: "package/bcp47/timezone.json",
	}
}

func main() {
	out := flag.String("out", "zone_gen.go", "`file` to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := generate(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "zonegen:", err)
		os.Exit(1)
	}
}

func generate(ctx context.Context, out string) error {
	dir, err := os.MkdirTemp("", "zonegen")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	windows, err := fetch(ctx, dir, windowsZones())
	if err != nil {
		return err
	}
	zones, err := fetch(ctx, dir, timeZones())
	if err != nil {
		return err
	}
	t, err := join(windows, zones)
	if err != nil {
		return err
	}
	text, err := t.source()
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}

// fetch downloads the package of s into dir, checks its sum and returns the one file wanted.
func fetch(ctx context.Context, dir string, s source) ([]byte, error) {
	name := s.pkg + "@" + version
	cmd := exec.CommandContext(ctx, "npm", "pack", name, "--silent", "--pack-destination", dir)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack %s: %w (npm of Node.js must be installed and reach its registry)\n%s", name, err, text)
	}
	pack, err := os.ReadFile(filepath.Join(dir, s.pkg+"-"+version+".tgz"))
	if err != nil {
		return nil, fmt.Errorf("npm pack %s: %w", name, err)
	}
	sum := sha512.Sum512(pack)
	if got := hex.EncodeToString(sum[:]); got != s.sum {
		return nil, fmt.Errorf("%s has SHA-512 %s, want %s: the package is not the one this table was made from", name, got, s.sum)
	}
	data, err := member(pack, s.file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
