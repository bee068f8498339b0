package plugin

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/gleis-dev/gleis/sdk"
)

// Config says which program Load starts and how. Path, Checksum and Dir are
// required.
type Config struct {
	// Path of the program. Links are resolved.
	Path string
	// Args are what the program gets after its name. A host that carries its own
	// connectors starts itself: Path from os.Executable, Checksum from
	// ChecksumOf, Args such as {"plugin", "msgraph"}.
	Args []string
	// Env is the whole environment of the process, as "NAME=value": nothing is
	// inherited. Set HTTPS_PROXY and the like, SSL_CERT_FILE, TZ here if needed.
	Env []string
	// Checksum is the SHA-256 of the program, checked at every start.
	Checksum []byte
	// PluginDir is the folder in which the program must lie, after links are
	// resolved; neither it nor the program may be writable by others. Zero means
	// anywhere and is for the host's own program only.
	PluginDir string
	// Dir is the run folder: sockets, and notes for the sweep of a later host. It
	// is made with mode 0700. Where it is too long for a unix socket, the sockets
	// go to a private folder in the temporary one.
	Dir string
	// Log takes what the connector logs: cleaned, at most 1,000 lines a second in
	// the long run, with the attribute "plugin" for its name. Nil means nowhere.
	// Lines of a connection go to the Log of its Env instead.
	Log *slog.Logger
	// StartTimeout is how long the program may take to say that it is there. Zero
	// means 30 seconds.
	StartTimeout time.Duration
	// Limits of the calls.
	Limits Limits
	// Memory is how much resident memory in bytes the process may use: GOMEMLIMIT
	// is set to nine tenths of it, and on Linux a process that uses more is ended.
	// Zero means no limit.
	Memory int64
	// Restart says how a process that died is started anew.
	Restart Restart
}

// Restart says how a process that died is started anew: at the next call, not
// before a random part of a delay that doubles with each death.
type Restart struct {
	// First is the delay after the first death. Zero means 100 milliseconds.
	First time.Duration
	// Max is the greatest delay. Zero means 30 seconds.
	Max time.Duration
	// Healthy is the life after which a death counts as the first again. Zero
	// means 2 minutes.
	Healthy time.Duration
	// Deaths is the number of deaths in a row after which the connector is
	// parked. Zero means 5.
	Deaths int
	// Park is how long it stays parked. Zero means 10 minutes.
	Park time.Duration
}

func (r Restart) orDefault() Restart {
	set := func(d *time.Duration, standard time.Duration) {
		if *d <= 0 {
			*d = standard
		}
	}
	set(&r.First, 100*time.Millisecond)
	set(&r.Max, 30*time.Second)
	set(&r.Healthy, 2*time.Minute)
	set(&r.Park, 10*time.Minute)
	if r.Deaths <= 0 {
		r.Deaths = 5
	}
	return r
}

// ChecksumOf returns the SHA-256 of the file at path, for programs that are
// trusted as they are, such as the host's own.
func ChecksumOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &sdk.Error{Op: "checksum", Kind: sdk.Invalid, Code: "program_missing", Err: err}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, fmt.Errorf("checksum of %s: %w", path, err)
	}
	return h.Sum(nil), nil
}
