package zone

import (
	"strings"
	"testing"
	"time"
)

func TestEveryWindowsNameComesBackAndLoads(t *testing.T) {
	t.Parallel()
	if len(preferred) < 139 {
		t.Fatalf("the table holds %d Windows names, want at least 139", len(preferred))
	}
	for name := range preferred {
		iana, ok := IANA(name)
		if !ok || iana == "" {
			t.Errorf("IANA(%q) = %q, %v", name, iana, ok)
		}
		if back, ok := Windows(iana); !ok || back != name {
			t.Errorf("Windows(%q) = %q, %v; want %q", iana, back, ok, name)
		}
		if loc, err := Load(name); err != nil || loc == nil {
			t.Errorf("Load(%q): %v", name, err)
		}
	}
}

func TestEveryIANANameHasAKnownWindowsNameAndLoads(t *testing.T) {
	t.Parallel()
	if len(windows) < 446 {
		t.Fatalf("the table holds %d IANA names, want at least 446", len(windows))
	}
	for name := range windows {
		win, ok := Windows(name)
		if !ok {
			t.Errorf("Windows(%q) has no answer", name)
		}
		if _, ok := IANA(win); !ok {
			t.Errorf("Windows(%q) = %q, which IANA does not know", name, win)
		}
		if _, err := Load(name); err != nil {
			t.Errorf("Load(%q): %v", name, err)
		}
	}
}

func TestKnownPairs(t *testing.T) {
	t.Parallel()
	for windowsName, ianaName := range map[string]string{
		"W. Europe Standard Time":         "Europe/Berlin",
		"Romance Standard Time":           "Europe/Paris",
		"GMT Standard Time":               "Europe/London",
		"Eastern Standard Time":           "America/New_York",
		"Pacific Standard Time":           "America/Los_Angeles",
		"Tokyo Standard Time":             "Asia/Tokyo",
		"India Standard Time":             "Asia/Calcutta",
		"FLE Standard Time":               "Europe/Kiev",
		"UTC":                             "Etc/UTC",
		"Central Brazilian Standard Time": "America/Cuiaba",
	} {
		if got, ok := IANA(windowsName); !ok || got != ianaName {
			t.Errorf("IANA(%q) = %q, %v; want %q", windowsName, got, ok, ianaName)
		}
	}
	for ianaName, windowsName := range map[string]string{
		"Europe/Vienna":        "W. Europe Standard Time",
		"Europe/Kyiv":          "FLE Standard Time",
		"Asia/Kolkata":         "India Standard Time",
		"America/Indianapolis": "US Eastern Standard Time",
		"Etc/UTC":              "UTC",
	} {
		if got, ok := Windows(ianaName); !ok || got != windowsName {
			t.Errorf("Windows(%q) = %q, %v; want %q", ianaName, got, ok, windowsName)
		}
	}
	for _, name := range []string{"Europe/Berlin", "w. europe standard time", ""} {
		if got, ok := IANA(name); ok {
			t.Errorf("IANA(%q) = %q, want no answer", name, got)
		}
	}
	if got, ok := Windows("Antarctica/Troll"); ok {
		t.Errorf("Windows(Antarctica/Troll) = %q, want no answer", got)
	}
}

func TestLoadMeansTheSameZoneByBothNames(t *testing.T) {
	t.Parallel()
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"W. Europe Standard Time", "Europe/Berlin"} {
		loc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := summer.In(loc).Hour(); got != 14 {
			t.Errorf("noon UTC of 1 July is %d o'clock in %s, want 14", got, name)
		}
	}
	if loc, err := Load("UTC"); err != nil || loc != time.UTC {
		t.Errorf("Load(UTC) = %v, %v", loc, err)
	}
}

func TestLoadRefusesAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":                         "give a Windows name, an IANA name or UTC",
		"Local":                    "machine's own",
		"Mars/Olympus":             `such as "W. Europe Standard Time"`,
		"tzone://Microsoft/Custom": "unknown time zone",
		"../../etc/passwd":         "unknown time zone",
		"w. europe standard time":  `did you mean "W. Europe Standard Time"?`,
		" Europe/Berlin":           `did you mean "Europe/Berlin"?`,
	} {
		loc, err := Load(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load(%q) = %v, %v; want an error that contains %q", name, loc, err, want)
		}
	}
}
