package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"testing"
	"time"
)

func TestAClientThatUnderstandsChallengesMeetsThem(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*rig, User) error{
		"sessions revoked": func(r *rig, u User) error { return r.ctl.RevokeSessions(u.UPN) },
		"password changed": func(r *rig, u User) error { return r.ctl.SetPassword(u.UPN, "neu", PasswordChanged) },
		"account disabled": func(r *rig, u User) error { return r.ctl.SetEnabled(u.UPN, false) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{Users: 6, Small: true})
			u := r.users[1]
			capable := r.loginGives("capable", r.passwordForm(u, "claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`))
			r.token = capable["access_token"].(string)
			r.get("/me/events")
			plain := r.signInAs(u, "Calendars.Read")
			r.must(do(r, u))
			r.token = plain["access_token"].(string)
			r.get("/me/events") // access tokens last, whatever happens
			r.token = capable["access_token"].(string)
			a := r.send("GET", "/me/events", nil)
			r.refused(a, 401, "InvalidAuthenticationToken")
			m := regexp.MustCompile(`error="insufficient_claims", claims="([^"]*)"`).FindStringSubmatch(a.header.Get("WWW-Authenticate"))
			if m == nil {
				t.Fatalf("WWW-Authenticate %q", a.header.Get("WWW-Authenticate"))
			}
			raw, err := base64.StdEncoding.DecodeString(m[1])
			if r.must(err); !json.Valid(raw) {
				t.Errorf("claims %s", raw)
			}
		})
	}
}

func TestTokensAreBoundToTheirTimeAndRememberedOnesToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 6, Small: true})
	r.get("/users")
	r.ctl.Advance(-time.Second)
	a := r.send("GET", "/users", nil)
	r.refused(a, 401, "InvalidAuthenticationToken")
	if text := a.body["error"].(map[string]any)["message"]; text != "Access token has expired or is not yet valid." {
		t.Errorf("message %v", text)
	}
	r.ctl.Advance(time.Second + 3598*time.Second)
	r.get("/users")
}
