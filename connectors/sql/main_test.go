package sql_test

import (
	"flag"
	"testing"

	"github.com/gleis-dev/gleis/connectors/sql"
	"github.com/gleis-dev/gleis/testharness"
)

// TestMain draws fewer examples than rapid does by default: each is a dozen
// transactions that are written through to the disk. -rapid.checks asks for more.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "20"); err != nil {
			panic(err)
		}
	}
	testharness.Main(m, sql.Connector())
}
