package house

import (
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// run runs a command in dir and fails the test if the command fails.
func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	if err := command(t.Context(), dir, name, args...); err != nil {
		t.Fatal(err)
	}
}

const firstProtocol = `syntax = "proto3";
package connector.v1;
message Record {
  string key = 1;
  bytes data = 2;
}
`

func TestBreakingComparesWithTheLastOtherProtocolOnMain(t *testing.T) {
	t.Parallel()
	needTools(t)
	for name, c := range map[string]struct {
		versions []string // committed one after the other; the last one is what lies there
		want     string   // in the output; "": compatible
	}{
		"first version":  {[]string{firstProtocol}, ""},
		"field added":    {[]string{firstProtocol, strings.Replace(firstProtocol, "}", "  string stamp = 3;\n}", 1)}, ""},
		"field deleted":  {[]string{firstProtocol, strings.Replace(firstProtocol, "  bytes data = 2;\n", "", 1)}, `field "2"`},
		"type changed":   {[]string{firstProtocol, strings.Replace(firstProtocol, "bytes data", "string data", 1)}, "changed type"},
		"comment edited": {[]string{strings.Replace(firstProtocol, "  string key = 1;\n", "  string key = 1;\n  string old = 3;\n", 1), firstProtocol}, `field "3"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, file := range []string{"scripts/breaking", "tools/go.mod", "tools/go.sum", "go.mod", "go.sum", "buf.yaml"} {
				text, err := os.ReadFile(filepath.Join(rootDir, file))
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, file), text, 0o755)
			}
			run(t, dir, "git", "init", "-q", "-b", "main")
			for _, v := range c.versions {
				write(t, filepath.Join(dir, "proto/connector/v1/connector.proto"), []byte(v), 0o644)
				run(t, dir, "git", "add", ".")
				run(t, dir, "git", "-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-q", "-m", "proto: v")
			}
			err := command(t.Context(), dir, "scripts/breaking")
			if c.want == "" && err != nil {
				t.Error(err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("scripts/breaking: %v, want a complaint about %s", err, c.want)
			}
		})
	}
}

func write(t *testing.T, name string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, mode); err != nil {
		t.Fatal(err)
	}
}

func TestPostgresScriptServesItsCommandAndEndsWithIt(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	if err := os.Chmod(filepath.Dir(temp), 0o755); err != nil { // the server's own user must reach its folder
		t.Fatal(err)
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(rootDir, "scripts", "postgres"), "sh", "-c", `echo "$GLEIS_POSTGRES_DSN"; ls "$TMPDIR"; exit 7`)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GLEIS_POSTGRES_DSN=") || strings.HasPrefix(v, "TMPDIR=")
	}), "TMPDIR="+temp)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if strings.Contains(stderr.String(), "NO POSTGRESQL") && os.Getenv("CI") != "true" {
		t.Skipf("NO POSTGRESQL: %s", stderr.String())
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Fatalf("scripts/postgres: %v, want its command's exit code 7\n%s", err, stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	dsn, err := url.Parse(lines[0])
	if err != nil || dsn.Hostname() != "127.0.0.1" || len(lines) != 2 {
		t.Fatalf("the command saw %q, want an address on 127.0.0.1 and one folder", out)
	}
	if conn, err := net.Dial("tcp", dsn.Host); err == nil {
		conn.Close()
		t.Errorf("a server still listens on %s", dsn.Host)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
