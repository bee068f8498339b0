//go:build linux || darwin

package plugin_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/gleis-dev/gleis/plugin"
	"github.com/gleis-dev/gleis/plugin/internal/guard"
	"github.com/gleis-dev/gleis/sdk"
)

// attack is a program that the host takes for a connector and that is none.
func attack(args []string) {
	out := func(format string, a ...any) { fmt.Fprintf(os.Stdout, format, a...) }
	switch args[0] {
	case "line": // any first line
		out("%s\n", args[1])
		time.Sleep(time.Minute)
	case "cert": // a certificate: makes go-plugin panic where mutual TLS is off
		k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, _ := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
		out("1|1|unix|%s/x|grpc|%s\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), base64.RawStdEncoding.EncodeToString(der))
		time.Sleep(time.Minute)
	case "symlink": // a socket of somebody else under an allowed name
		link := os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/plugin1"
		if err := os.Symlink(args[1], link); err != nil {
			panic(err)
		}
		out("1|1|unix|%s|grpc|\n", link)
		time.Sleep(time.Minute)
	case "long": // a line that never ends
		for {
			if _, err := os.Stdout.Write(bytes.Repeat([]byte("a"), 70<<10)); err != nil {
				return
			}
		}
	case "silent":
		time.Sleep(time.Minute)
	case "quit":
		fmt.Fprintln(os.Stderr, "I do not feel well")
		os.Exit(7)
	case "watched": // what a connector does when its host dies
		if err := startSleeper(args[1], false); err != nil {
			panic(err)
		}
		guard.WatchParent()
		out("watching\n")
		select {}
	case "evil":
		beEvil(args[1])
	}
}

// startSleeper starts a process that outlives its parent and writes its number
// into the file. One that leaves has a session, and so a group, of its own.
func startSleeper(file string, leaves bool) error {
	cmd := exec.Command("/bin/sleep", "300")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: leaves}
	if err := cmd.Start(); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strconv.Itoa(cmd.Process.Pid)), 0o600)
}

// attacker returns the configuration of the test program as an attacker.
func attacker(t *testing.T, log *logLines, args ...string) plugin.Config {
	cfg := config(t, log)
	cfg.Args = append([]string{"attacker"}, args...)
	return cfg
}

func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // a zombie is dead
	return err != nil || !strings.Contains(string(stat[bytes.LastIndexByte(stat, ')'):]), " Z ")
}

func ask(t *testing.T, conn sdk.Conn, what string) string {
	t.Helper()
	r, err := sdk.OpenBlob(t.Context(), conn, what)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func openProbe(t *testing.T, c sdk.Connector) sdk.Conn {
	t.Helper()
	conn, err := c.Open(t.Context(), newStore().env(t, t.Output(), nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// G1: nothing of the host's environment gets into the process.
func TestAttackEnvironment(t *testing.T) {
	t.Parallel()
	var log logLines
	cfg := config(t, &log)
	cfg.Env = []string{"HTTPS_PROXY=http://127.0.0.1:3128", "TZ=UTC"}
	_, c := load(t, cfg)
	var names []string
	for _, v := range strings.Split(ask(t, openProbe(t, c), "env"), "\x00") {
		if name, _, ok := strings.Cut(v, "="); ok && !strings.HasPrefix(name, "PLUGIN_") && !strings.HasPrefix(name, "GLEIS_PLUGIN") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "HTTPS_PROXY TZ" {
		t.Error("the process sees", got)
	}
	for _, v := range []string{"PLUGIN_CLIENT_CERT=x", "GLEIS_PLUGIN_TOKEN=x", "nothing"} {
		cfg := config(t, &log)
		cfg.Env = []string{v}
		if _, err := plugin.Load(t.Context(), cfg); sdk.AsError(err).Code != "environment" {
			t.Error(v, err)
		}
	}
}

// G2, G3: a local process that finds the socket gets nowhere without the
// certificates, which never leave the two processes.
func TestAttackSecondClient(t *testing.T) {
	t.Parallel()
	var log logLines
	cfg := config(t, &log)
	_, c := load(t, cfg)
	openProbe(t, c)
	sockets, err := filepath.Glob(cfg.Dir + "/plugin-dir*/plugin*")
	if err != nil || len(sockets) != 2 { // the connector's and the host's
		t.Fatal(sockets, err)
	}
	for _, socket := range sockets {
		for name, creds := range map[string]credentials.TransportCredentials{"plain": insecure.NewCredentials(), "no certificate": credentials.NewTLS(insecureTLS())} {
			cc, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(creds))
			if err != nil {
				t.Fatal(err)
			}
			_, err = grpc_health_v1.NewHealthClient(cc).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "plugin"})
			cc.Close()
			if err == nil {
				t.Errorf("%s with %s: the call was answered", socket, name)
			}
		}
	}
}

// G4, and every other first line: the host says what is wrong and lives.
func TestAttackHandshake(t *testing.T) {
	t.Parallel()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	elsewhere := filepath.Join(runDir(t), "other")
	unix, err := net.Listen("unix", elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close()
	for name, args := range map[string][]string{
		"empty":              {"line", ""},
		"three fields":       {"line", "1|1|unix"},
		"four fields":        {"line", "1|1|unix|/x"},
		"seven fields":       {"line", "1|1|unix|/x|grpc||true"},
		"no number":          {"line", "x|1|unix|/x|grpc|"},
		"foreign core":       {"line", "9|1|unix|/x|grpc|"},
		"foreign version":    {"line", "1|99|unix|/x|grpc|"},
		"net/rpc":            {"line", "1|1|unix|/x|netrpc|"},
		"certificate":        {"cert"},
		"broken certificate": {"line", "1|1|unix|/x|grpc|" + strings.Repeat("!", 60)},
		"tcp elsewhere":      {"line", "1|1|tcp|" + tcp.Addr().String() + "|grpc|"}, // G13
		"unix elsewhere":     {"line", "1|1|unix|" + elsewhere + "|grpc|"},          // G13
		"dots":               {"line", "1|1|unix|" + elsewhere + "/../other|grpc|"}, // G13
		"unix by a link":     {"symlink", elsewhere},                                // G13
		"endless line":       {"long"},                                              // G12
		"silent":             {"silent"},
		"quits":              {"quit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logLines
			cfg := attacker(t, &log, args...)
			if name == "silent" {
				cfg.StartTimeout = time.Second
			}
			p, err := plugin.Load(t.Context(), cfg)
			if err == nil {
				p.Close()
				t.Fatal("it was taken for a connector")
			}
			if e := sdk.AsError(err); e.Kind != sdk.Unavailable || len(err.Error()) > 2000 || !strings.Contains(err.Error(), "test") {
				t.Error(err)
			}
			if name == "quits" && (!strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "I do not feel well")) {
				t.Error("the reason is missing:", err)
			}
			if left, _ := filepath.Glob(cfg.Dir + "/*"); len(left) > 0 {
				t.Error("left behind:", left)
			}
		})
	}
	t.Run("nobody was called", func(t *testing.T) {
		for _, l := range []interface {
			net.Listener
			SetDeadline(time.Time) error
		}{tcp.(*net.TCPListener), unix.(*net.UnixListener)} {
			if err := l.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Accept(); err == nil {
				t.Error("the host connected to", l.Addr())
			}
		}
	})
}

// G10: what a connector has started ends with it, by Close and by its own death.
func TestAttackGrandchild(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"close", "exit"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var log logLines
			p, c := load(t, config(t, &log))
			conn := openProbe(t, c)
			file := filepath.Join(t.TempDir(), "pid")
			ask(t, conn, "grandchild "+file)
			pid := readPID(t, file)
			if !alive(pid) {
				t.Fatal("there is no grandchild to begin with")
			}
			if how == "close" {
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
			} else if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "exit"}, nil); !errors.Is(err, sdk.Unavailable) {
				t.Fatal(err)
			}
			eventually(t, "the grandchild has ended", func() bool { return !alive(pid) })
		})
	}
}

// G12: a connector that floods standard output neither blocks nor ends.
func TestAttackStdout(t *testing.T) {
	t.Parallel()
	var log logLines
	_, c := load(t, config(t, &log))
	conn := openProbe(t, c)
	if got := ask(t, conn, "stdout"); got != "wrote all" {
		t.Error(got)
	}
	log.wait(t, "printed by fmt")
	if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 1"}, func(sdk.Batch) error { return nil }); err != nil {
		t.Error(err)
	}
}

func floodStdout() (string, error) {
	fmt.Println("printed by fmt")
	if _, err := syscall.Write(1, bytes.Repeat([]byte("a"), 70<<10)); err != nil {
		return "", err
	}
	for range 100 {
		if _, err := syscall.Write(1, append(bytes.Repeat([]byte("b"), 10<<10), '\n')); err != nil {
			return "", err
		}
	}
	return "wrote all", nil
}

// G14, T15: no standard input, no descriptor of the host, no core dump, no look
// into the memory.
func TestAttackDescriptors(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	var log logLines
	_, c := load(t, config(t, &log))
	got := ask(t, openProbe(t, c), "self")
	for _, want := range []string{"0 /dev/null\n", "core 0 0\n", "dumpable 0\n", "group own\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "test") { // the program itself and files of the test
		t.Error("a descriptor of the host is open:\n", got)
	}
}

// A process that uses more memory than it may is ended, the host stays.
func TestAttackMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("resident memory is known on Linux only")
	}
	var log logLines
	cfg := config(t, &log)
	cfg.Memory = 300 << 20
	_, c := load(t, cfg)
	conn := openProbe(t, c)
	err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "grow"}, nil)
	if !errors.Is(err, sdk.Unavailable) || !strings.Contains(err.Error(), "bytes of memory") {
		t.Error(err)
	}
	if err := sdk.Read(t.Context(), conn, sdk.ReadRequest{Object: "count 1"}, func(sdk.Batch) error { return nil }); err != nil {
		t.Error(err)
	}
}

func readPID(t *testing.T, file string) int {
	t.Helper()
	var pid int
	eventually(t, file+" holds a number", func() bool {
		b, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(string(b))
		return err == nil
	})
	return pid
}
