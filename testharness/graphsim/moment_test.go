package graphsim

import (
	"testing"
	"time"
)

func TestCivilAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for days := int64(-800_000); days < 1_000_000; days += 37 {
		y, m, d := civil(days)
		u := time.Unix(days*daySeconds, 0).UTC()
		if y != u.Year() || m != int(u.Month()) || d != u.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %s", days, y, m, d, u.Format(time.DateOnly))
		}
	}
}

func TestMomentsAreWrittenAsGraphDoes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 123456700, time.UTC)
	if got, want := string(appendStamp(nil, ticksOf(at))), `"2026-03-04T05:06:07.1234567Z"`; got != want {
		t.Errorf("stamp %s, want %s", got, want)
	}
	if got, want := string(appendStamp(nil, ticksOf(at.Truncate(time.Second)))), `"2026-03-04T05:06:07.0000000Z"`; got != want {
		t.Errorf("stamp %s, want %s", got, want)
	}
	if got, want := string(appendWall(nil, at.Unix())), "2026-03-04T05:06:07.0000000"; got != want {
		t.Errorf("wall %s, want %s", got, want)
	}
	if got, want := string(appendInstant(nil, at.Unix())), `"2026-03-04T05:06:07Z"`; got != want {
		t.Errorf("instant %s, want %s", got, want)
	}
}

func TestWallClocksAtTheChangeOfClocks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ zone, wall, utc string }{
		"skipped hour counts as later":         {"Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00"},
		"repeated hour is the first":           {"Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00"},
		"winter":                               {"Europe/Berlin", "2026-12-01T09:00:00", "2026-12-01T08:00:00"},
		"summer":                               {"Europe/Berlin", "2026-07-01T09:00:00", "2026-07-01T07:00:00"},
		"skipped hour in the west":             {"America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00"},
		"repeated hour in the west":            {"America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00"},
		"skipped half an hour of a small zone": {"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00"},
	} {
		loc, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		wall, _, _ := parseWall(tt.wall)
		want, _, _ := parseWall(tt.utc)
		if got := instantOf(wall, loc); got != want {
			t.Errorf("%s: %s, want %s", name, appendWall(nil, got), tt.utc)
		}
	}
}

func TestParseWallTakesOffsets(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2026-11-24T08:00:00.1234567": "2026-11-24T08:00:00.0000000", "2026-11-24T08:00": "2026-11-24T08:00:00.0000000", "2026-11-24": "2026-11-24T00:00:00.0000000",
		"2026-11-24T08:00:00Z": "2026-11-24T08:00:00.0000000", "2026-11-24T08:00:00+01:00": "2026-11-24T07:00:00.0000000", "2026-11-24T08:00:00-05:30": "2026-11-24T13:30:00.0000000",
	} {
		wall, _, ok := parseWall(in)
		if got := string(appendWall(nil, wall)); !ok || got != want {
			t.Errorf("%s: %s %v, want %s", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "morgen", "2026-13-01", "2026-11-24T25:00", "2026-11-24T08:00:00+1"} {
		if _, _, ok := parseWall(in); ok {
			t.Errorf("%q accepted", in)
		}
	}
}
