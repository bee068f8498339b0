// Package process starts the program of a connector as a go-plugin process and
// answers for what go-plugin leaves open. Start is the only place that starts
// one, and it always sets everything:
//
//   - the program that is checked is the program that runs: regular, not writable
//     by others, with the registered SHA-256, and on Linux executed through the
//     very file that was checked;
//   - an environment of its own, nothing on standard input, its own process group;
//   - mutual TLS, sockets in a folder of mode 0700 made for this start, and no
//     address outside it;
//   - messages of at most 16 MiB in both directions;
//   - standard output that is read to the end but cannot hurt, and log lines that
//     are cleaned, bounded and marked as the connector's;
//   - death with the host: of the process by the kernel on Linux and by a pipe
//     everywhere, of what it has started by a keeper in its group, and of what has
//     left the group by the next host's Sweep.
package process

import (
	"log/slog"
	"time"

	"github.com/gleis-dev/gleis/plugin/internal/hostend"
)

// Config says what to start.
type Config struct {
	Path         string   // of the program
	Args         []string // after the program's name
	Env          []string // all of its environment, "NAME=value"
	Checksum     []byte   // SHA-256 of the program
	PluginDir    string   // the program lies in it; "": anywhere
	Dir          string   // run folder, absolute
	Log          *slog.Logger
	StartTimeout time.Duration
	Memory       int64 // bytes resident; 0: no limit
	Limits       hostend.Limits
	Now          func() time.Time
}
