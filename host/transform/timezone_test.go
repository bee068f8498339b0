package transform_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gleis-dev/gleis/sdk"
)

func TestTimeZone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rule, fields, in, want string
		untyped                bool
	}{
		"an instant keeps its moment":           {"{from: changed, to_zone: Europe/Berlin}", "{a: changed}", `{"changed":"2026-07-10T08:00:00Z"}`, `{"a":"2026-07-10T10:00:00+02:00"}`, false},
		"an instant keeps its digits":           {"{from: changed, to_zone: UTC}", "{a: changed}", `{"changed":"2026-07-10T10:00:00.1000000+02:00"}`, `{"a":"2026-07-10T08:00:00.1000000Z"}`, false},
		"a local time by the zone beside it":    {"{from: start.dateTime, to_zone: UTC}", "{a: start}", `{"start":{"dateTime":"2026-07-10T10:00:00.0000000","timeZone":"W. Europe Standard Time"}}`, `{"a":{"dateTime":"2026-07-10T08:00:00.0000000","timeZone":"UTC"}}`, false},
		"a time with its zone":                  {"{from: start, to_zone: W. Europe Standard Time}", "{a: start}", `{"start":{"dateTime":"2026-07-10T08:00:00.0000000","timeZone":"UTC"}}`, `{"a":{"dateTime":"2026-07-10T10:00:00.0000000","timeZone":"W. Europe Standard Time"}}`, false},
		"to another field leaves the zone":      {"{from: start.dateTime, to: local, to_zone: UTC}", "{a: local, z: start.timeZone}", `{"start":{"dateTime":"2026-07-10T10:00:00","timeZone":"Europe/Berlin"}}`, `{"a":"2026-07-10T08:00:00","z":"Europe/Berlin"}`, false},
		"from_zone by name":                     {"{from: t, from_zone: Europe/Berlin, to_zone: America/New_York}", "{a: t}", `{"t":"2026-01-10T00:30:00"}`, `{"a":"2026-01-09T18:30:00"}`, true},
		"from_zone by field":                    {"{from: t, from_zone: '#z#', to_zone: UTC}", "{a: t}", `{"t":"2026-01-10T00:30:00.123","z":"Tokyo Standard Time"}`, `{"a":"2026-01-09T15:30:00.123"}`, true},
		"to_zone by field":                      {"{from: t, to_zone: '#z#'}", "{a: t}", `{"t":"2026-01-10T00:30:00Z","z":"Tokyo Standard Time"}`, `{"a":"2026-01-10T09:30:00+09:00"}`, true},
		"a date never moves":                    {"{from: day, to_zone: Pacific/Auckland}", "{a: day}", `{"day":"2026-01-10"}`, `{"a":"2026-01-10"}`, false},
		"an all-day time keeps its clock":       {"{from: start, to_zone: Europe/Berlin, all_day: isAllDay}", "{a: start}", `{"isAllDay":true,"start":{"dateTime":"2026-07-10T00:00:00.0000000","timeZone":"UTC"}}`, `{"a":{"dateTime":"2026-07-10T00:00:00.0000000","timeZone":"Europe/Berlin"}}`, false},
		"an all-day instant keeps its date":     {"{from: changed, to_zone: Europe/Berlin, all_day: isAllDay}", "{a: changed}", `{"isAllDay":true,"changed":"2026-07-10T00:00:00Z"}`, `{"a":"2026-07-10T00:00:00+02:00"}`, false},
		"not all-day moves":                     {"{from: changed, to_zone: Europe/Berlin, all_day: isAllDay}", "{a: changed}", `{"isAllDay":false,"changed":"2026-07-10T00:00:00Z"}`, `{"a":"2026-07-10T02:00:00+02:00"}`, false},
		"a skipped reading moves on":            {"{from: t, from_zone: Europe/Berlin, to_zone: UTC}", "{a: t}", `{"t":"2027-03-28T02:30:00"}`, `{"a":"2027-03-28T01:30:00"}`, true},
		"a repeated reading is the first":       {"{from: t, from_zone: Europe/Berlin, to_zone: UTC}", "{a: t}", `{"t":"2027-10-31T02:30:00"}`, `{"a":"2027-10-31T00:30:00"}`, true},
		"a repeated reading in New York":        {"{from: t, from_zone: America/New_York, to_zone: UTC}", "{a: t}", `{"t":"2026-11-01T01:30:00"}`, `{"a":"2026-11-01T05:30:00"}`, true},
		"a skipped day in Samoa":                {"{from: t, from_zone: Pacific/Apia, to_zone: UTC}", "{a: t}", `{"t":"2011-12-30T12:00:00"}`, `{"a":"2011-12-30T22:00:00"}`, true},
		"an instant as a local time":            {"{from: changed, to_zone: Europe/Berlin, form: local_time}", "{a: changed}", `{"changed":"2026-07-10T23:00:00.5Z"}`, `{"a":"2026-07-11T01:00:00.5"}`, false},
		"a local time as an instant":            {"{from: t, from_zone: Europe/Berlin, to_zone: UTC, form: instant}", "{a: t}", `{"t":"2026-07-10T23:00:00"}`, `{"a":"2026-07-10T21:00:00Z"}`, true},
		"a time with its zone as an instant":    {"{from: start, to_zone: Europe/Berlin, form: instant}", "{a: start}", `{"start":{"dateTime":"2026-07-10T08:00:00.0000000","timeZone":"UTC"}}`, `{"a":"2026-07-10T10:00:00.0000000+02:00"}`, false},
		"the date of an instant":                {"{from: changed, to_zone: Europe/Berlin, form: date}", "{a: changed}", `{"changed":"2026-07-10T23:00:00Z"}`, `{"a":"2026-07-11"}`, false},
		"a date as an instant is midnight":      {"{from: day, to_zone: Europe/Berlin, form: instant}", "{a: day}", `{"day":"2026-07-10"}`, `{"a":"2026-07-10T00:00:00+02:00"}`, false},
		"an all-day time as a date":             {"{from: start, to_zone: Europe/Berlin, form: date, all_day: isAllDay}", "{a: start}", `{"isAllDay":true,"start":{"dateTime":"2026-07-10T00:00:00.0000000","timeZone":"UTC"}}`, `{"a":"2026-07-10"}`, false},
		"null":                                  {"{from: t, to: u, to_zone: UTC}", "{a: u}", `{"t":null}`, `{"a":null}`, true},
		"missing":                               {"{from: t, to: u, to_zone: UTC}", "{a: u}", `{}`, `{}`, true},
		"empty":                                 {"{from: t, to: u, to_zone: UTC}", "{a: u}", `{"t":""}`, `{"a":""}`, true},
		"an object with null":                   {"{from: start, to_zone: UTC}", "{a: start}", `{"start":{"dateTime":null}}`, `{"a":{"dateTime":null}}`, false},
		"no offset and no zone":                 {"{from: t, to_zone: UTC}", "{a: t}", `{"t":"2026-01-10T00:30:00"}`, "t has no offset, and from_zone is not given", true},
		"the zone's field is missing":           {"{from: t, from_zone: '#z#', to_zone: UTC}", "{a: t}", `{"t":"2026-01-10T00:30:00"}`, "the zone of t has no value", true},
		"to_zone has no value":                  {"{from: t, to_zone: '#z#'}", "{a: t}", `{"t":"2026-01-10T00:30:00Z"}`, "to_zone has no value", true},
		"an unknown zone in the record":         {"{from: t, from_zone: '#z#', to_zone: UTC}", "{a: t}", `{"t":"2026-01-10T00:30:00","z":"europe/berlin"}`, `did you mean "Europe/Berlin"?`, true},
		"no time":                               {"{from: t, to_zone: UTC}", "{a: t}", `{"t":"tomorrow at half past nine"}`, "is no time", true},
		"a short text":                          {"{from: t, to_zone: UTC}", "{a: t}", `{"t":"10:00"}`, `"10:00" is no time`, true},
		"a date that is none":                   {"{from: t, from_zone: UTC, to_zone: UTC}", "{a: t}", `{"t":"2026-02-30T10:00:00"}`, "is no time", true},
		"a fraction without digits":             {"{from: t, from_zone: UTC, to_zone: UTC}", "{a: t}", `{"t":"2026-02-20T10:00:00."}`, "is no time", true},
		"a number":                              {"{from: t, to_zone: UTC}", "{a: t}", `{"t":5}`, "t is a number, not a time", true},
		"the object of which nothing is known":  {"{from: t, to_zone: UTC}", "{a: t}", `{"t":{}}`, "t is an object, not a time", true},
		"a time with its zone, without the one": {"{from: start, to_zone: UTC}", "{a: start}", `{"start":{"dateTime":"2026-01-10T00:30:00"}}`, "start.timeZone has no value", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := event()
			if tc.untyped {
				src = nil
			}
			got := run(t, compile(t, "rules: [{time_zone: "+tc.rule+"}]\nfields: "+tc.fields, src, nil), tc.in, nil)
			if got != tc.want && !(strings.HasPrefix(got, "error: ") && strings.Contains(got, tc.want)) {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

// TestZonesThereAndBack: a moment told in another zone and back is the same text.
func TestZonesThereAndBack(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "W. Europe Standard Time", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"}
	instant := &sdk.Object{Name: "event", Fields: []sdk.Field{{Name: "t", Type: sdk.TypeInstant}}}
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.SampledFrom(zones).Draw(r, "a"), rapid.SampledFrom(zones).Draw(r, "b")
		p := compile(t, "rules: [{time_zone: {from: t, to_zone: "+a+"}}, {time_zone: {from: t, to: u, to_zone: "+b+"}}, {time_zone: {from: u, to_zone: "+a+"}}]\nfields: {t: t, u: u}", instant, nil)
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(r, "at"), 0).UTC().Format(time.RFC3339)
		got := run(t, p, `{"t":"`+at+`"}`, nil)
		first, second, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(got, `{"t":"`), `"}`), `","u":"`)
		if !ok || first != second {
			r.Fatalf("%s", got)
		}
		if x, err := time.Parse(time.RFC3339, first); err != nil || x.UTC().Format(time.RFC3339) != at {
			r.Fatalf("%s is not %s: %v", first, at, err)
		}
	})
}
