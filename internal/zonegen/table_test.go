package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sampleWindows = `{"supplemental":{"windowsZones":{"mapTimezones":[
{"mapZone":{"_other":"India Standard Time","_type":"Asia/Calcutta","_territory":"001"}},
{"mapZone":{"_other":"India Standard Time","_type":"Asia/Calcutta","_territory":"IN"}},
{"mapZone":{"_other":"W. Europe Standard Time","_type":"Europe/Berlin","_territory":"001"}},
{"mapZone":{"_other":"W. Europe Standard Time","_type":"Europe/Berlin Europe/Busingen","_territory":"DE"}}]}}}`

func TestJoinGivesAliasesTheWindowsNameOfTheirZone(t *testing.T) {
	t.Parallel()
	got, err := join([]byte(sampleWindows), []byte(`{"keyword":{"u":{"tz":{"_description":"x",
		"inccu":{"_alias":"Asia/Calcutta Asia/Kolkata"},"aqtrl":{"_alias":"Antarctica/Troll"},"old":{"_deprecated":true}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := table{
		preferred: map[string]string{"India Standard Time": "Asia/Calcutta", "W. Europe Standard Time": "Europe/Berlin"},
		windows: map[string]string{
			"Asia/Calcutta": "India Standard Time", "Asia/Kolkata": "India Standard Time",
			"Europe/Berlin": "W. Europe Standard Time", "Europe/Busingen": "W. Europe Standard Time",
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(table{})); diff != "" {
		t.Error(diff)
	}
}

func TestJoinRefusesADocumentOfAnotherShape(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ windows, zones, want string }{
		"empty":                    {`{}`, `{}`, "territory 001"},
		"no JSON":                  {`<xml/>`, `{}`, "windowsZones.json"},
		"one alias, two zones":     {sampleWindows, `{"keyword":{"u":{"tz":{"a":{"_alias":"Asia/Calcutta Europe/Berlin"}}}}}`, "belong to"},
		"a zone that is no object": {sampleWindows, `{"keyword":{"u":{"tz":{"a":7}}}}`, "timezone.json: a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := join([]byte(c.windows), []byte(c.zones))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that contains %q", err, c.want)
			}
		})
	}
}
