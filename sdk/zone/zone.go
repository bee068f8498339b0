// Package zone translates between the time zone names of Windows and those of the IANA database.
//
// Microsoft's systems name zones as Windows does ("W. Europe Standard Time"), nearly all others as the IANA database does
// ("Europe/Berlin"). The table is that of the Unicode CLDR (windowsZones.json, aliases from timezone.json); its version stands
// in zone_gen.go. The package embeds the IANA database, so that a zone loads on a machine that has none. Names are compared
// byte for byte. All functions are safe for concurrent use and keep no state.
package zone

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the zones themselves, for machines without a database
)

//go:generate go run ../../internal/zonegen -out zone_gen.go

// IANA returns the IANA name that CLDR prefers for a Windows name (territory 001), and whether the Windows name is known.
// The name may be an older spelling ("Asia/Calcutta"), which every IANA database still loads.
func IANA(windowsName string) (string, bool) {
	name, ok := preferred[windowsName]
	return name, ok
}

// Windows returns the Windows name of an IANA name or of one of its aliases, and whether there is one.
// Few zones have none ("Antarctica/Troll").
func Windows(ianaName string) (string, bool) {
	name, ok := windows[ianaName]
	return name, ok
}

// Load returns the location of a Windows name, an IANA name or "UTC". A Windows name wins where both exist ("UTC").
// Unlike time.LoadLocation it refuses "" and "Local": the zone of the machine a program happens to run on is no name.
// It reads the database at each call; who needs a zone for many records keeps the location.
func Load(name string) (*time.Location, error) {
	switch name {
	case "":
		return nil, errors.New("time zone name is empty: give a Windows name, an IANA name or UTC")
	case "UTC":
		return time.UTC, nil
	case "Local":
		return nil, errors.New(`time zone "Local" is the machine's own: give a Windows name, an IANA name or UTC`)
	}
	iana, ok := IANA(name)
	if !ok {
		iana = name
	}
	loc, err := time.LoadLocation(iana)
	if err != nil {
		return nil, unknown(name)
	}
	return loc, nil
}

// unknown says what to do; it offers the known name that differs in upper and lower case or in surrounding space only.
func unknown(name string) error {
	like := strings.TrimSpace(name)
	for _, table := range []map[string]string{preferred, windows} {
		for known := range table {
			if strings.EqualFold(known, like) {
				return fmt.Errorf("unknown time zone %q: did you mean %q?", name, known)
			}
		}
	}
	return fmt.Errorf(`unknown time zone %q: give a Windows name such as "W. Europe Standard Time", an IANA name such as "Europe/Berlin", or UTC`, name)
}
