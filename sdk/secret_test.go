package sdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/sdk"
)

const sentinel = "SENTINEL-b1946ac9"

// everyWay renders v in all the ways a value gets into a log or a file.
func everyWay(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	fmt.Fprintln(&b, v, []any{v}, map[string]any{"k": v}, struct{ V any }{v})
	if err := json.NewEncoder(&b).Encode(map[string]any{"k": v}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "k", v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "k", v)
	fmt.Fprintln(&b, fmt.Errorf("wrapped: %v", v))
	return b.String()
}

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	s := sdk.NewSecret(sentinel)
	settings, err := sdk.ParseSettings([]sdk.Setting{{Name: "password", Secret: true}}, map[string]string{"password": sentinel})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"value": s, "pointer": &s, "in a param": sdk.Param{Value: s}, "in a consent": sdk.Consent{Token: s}, "in settings": settings,
		"in an environment": sdk.Env{Settings: settings},
	} {
		if name == "in an environment" { // holds functions: cannot be encoded as JSON, but must not print either
			if out := fmt.Sprintf("%v %+v %#v", v, v, v); strings.Contains(out, sentinel) {
				t.Errorf("%s prints the secret", name)
			}
			continue
		}
		out := everyWay(t, v)
		if strings.Contains(out, sentinel) || strings.Contains(out, fmt.Sprintf("%x", sentinel)) {
			t.Errorf("%s prints the secret:\n%s", name, out)
		}
	}
	if s.Reveal() != sentinel || settings.Secret("password").Reveal() != sentinel {
		t.Error("Reveal does not give the value back")
	}
}

func TestSecretSettingIsNotQuotedInErrors(t *testing.T) {
	t.Parallel()
	for _, d := range []sdk.Setting{
		{Name: "x", Secret: true, Type: sdk.SettingInt},
		{Name: "x", Secret: true, Type: sdk.SettingBool},
		{Name: "x", Secret: true, Type: sdk.SettingEnum},
	} {
		if _, err := sdk.ParseSettings([]sdk.Setting{d}, map[string]string{"x": sentinel}); err == nil || strings.Contains(err.Error(), sentinel) {
			t.Errorf("%s: error %v", d.Type, err)
		}
	}
}
