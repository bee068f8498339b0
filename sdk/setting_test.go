package sdk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
)

func ptr(n int64) *int64 { return &n }

var defs = []sdk.Setting{
	{Name: "tenant_id", Title: sdk.Text{EN: "Directory", DE: "Verzeichnis"}, Required: true},
	{Name: "months", Type: sdk.SettingInt, Default: "12", Min: ptr(0), Max: ptr(60)},
	{Name: "public_client", Type: sdk.SettingBool, Default: "false"},
	{Name: "auth", Type: sdk.SettingEnum, Default: "secret", Choices: []sdk.Choice{{Value: "secret"}, {Value: "device"}}},
	{Name: "user_list", Type: sdk.SettingList},
	{Name: "client_secret", Secret: true, Required: true, DependsOn: &sdk.Condition{Setting: "auth", Values: []string{"secret"}}},
	{Name: "consents", DisplayOnly: true},
}

func TestParseSettings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw  map[string]string
		want map[string]string // only what differs from the defaults
		errs []string
	}{
		"defaults are filled in": {
			raw:  map[string]string{"tenant_id": "t", "client_secret": "s"},
			want: map[string]string{"tenant_id": "t", "client_secret": "s"},
		},
		"a list parted by semicolons": {
			raw:  map[string]string{"tenant_id": "t", "client_secret": "s", "user_list": " a@x ;; b@x;"},
			want: map[string]string{"tenant_id": "t", "client_secret": "s", "user_list": `["a@x","b@x"]`},
		},
		"what another setting switches off is not required": {
			raw:  map[string]string{"tenant_id": "t", "auth": "device"},
			want: map[string]string{"tenant_id": "t", "auth": "device"},
		},
		"everything wrong at once": {
			raw: map[string]string{"TenantID": "t", "months": "61", "public_client": "yes", "auth": "magic", "consents": "x"},
			errs: []string{
				`setting "TenantID" is unknown; did you mean "tenant_id"?`, `"months" is 61, allowed is 0 to 60`, `"public_client" is true or false, not "yes"`,
				`"auth" is one of secret, device, not "magic"`, `"consents" is only shown`, `"tenant_id" is required (Directory)`, `"client_secret" is required`,
			},
		},
		"not a number": {raw: map[string]string{"tenant_id": "t", "client_secret": "s", "months": "NaN"}, errs: []string{`is a whole number, not "NaN"`}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := sdk.ParseSettings(defs, tc.raw)
			if len(tc.errs) > 0 {
				if err == nil {
					t.Fatal("no error")
				}
				for _, want := range tc.errs {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error lacks %q:\n%v", want, err)
					}
				}
				if n := strings.Count(err.Error(), "\n") + 1; n != len(tc.errs) {
					t.Errorf("%d errors, want %d:\n%v", n, len(tc.errs), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"months": "12", "public_client": "false", "auth": "secret"}
			for k, v := range tc.want {
				want[k] = v
			}
			if d := cmp.Diff(want, s.Reveal()); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestSettingsCrossAMapUnchanged(t *testing.T) {
	t.Parallel()
	s, err := sdk.ParseSettings(defs, map[string]string{"tenant_id": "t", "client_secret": "s", "user_list": "a;b", "months": " 3 "})
	if err != nil {
		t.Fatal(err)
	}
	back, err := sdk.ParseSettings(defs, s.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s.Reveal(), back.Reveal()); d != "" {
		t.Fatal(d)
	}
	if got := back.List("user_list"); !cmp.Equal(got, []string{"a", "b"}) || back.Int("months") != 3 || back.Bool("public_client") {
		t.Fatal(got, back.Int("months"))
	}
}
