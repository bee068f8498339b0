package msgraph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

const (
	// tokenParam is the parameter that keeps the application's access token over a restart.
	tokenParam = "access_token"
	// tokenMargin is how long before its end a token is renewed.
	tokenMargin = 5 * time.Minute
	// signInPause is how long a refused sign-in is not tried again: a wrong secret is one failure, not one per mailbox.
	signInPause = 30 * time.Second
	// renewPause is how long after a token was renewed because Graph refused it the next refusal is believed: the application lacks the permission,
	// and a sign-in for each mailbox would not change that.
	renewPause = time.Minute
)

// tokens signs the application in with its secret (OAuth 2.0 client credentials, RFC 6749 section 4.4) and implements rest.TokenSource. The token
// is kept in memory and, sealed, in the connection's parameters; one process at a time fetches a new one (invariant I-22 asks it of
// refresh tokens; here it saves sign-ins).
type tokens struct {
	cfg    config
	http   *rest.Client
	env    sdk.Env
	secret string // what the stored token was made with

	turn    chan struct{} // holds one element: whoever has it reads and writes what follows
	token   storedToken
	renewed time.Time // when a refused token was replaced
	refused error
	until   time.Time // of refused
}

type storedToken struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	For     string    `json:"for"` // digest of tenant, application, scope and secret: another secret makes another token
}

func newTokens(cfg config, env sdk.Env) (*tokens, error) {
	c, err := rest.New(rest.Config{
		Origins: []string{cfg.login}, Transport: env.HTTP, Now: env.Now, MaxBody: 1 << 20, Total: time.Minute, Idle: 30 * time.Second, Refine: refineSignIn,
	})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{cfg.login, cfg.tenant, cfg.client, cfg.scope, cfg.secret.Reveal()}, "\x00")))
	return &tokens{cfg: cfg, http: c, env: env, secret: hex.EncodeToString(sum[:16]), turn: make(chan struct{}, 1)}, nil
}

// Token implements rest.TokenSource.
func (t *tokens) Token(ctx context.Context, stale sdk.Secret) (sdk.Secret, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done(): // another's sign-in may take long
		return sdk.Secret{}, ctx.Err()
	}
	if t.usable(t.token, stale) {
		return sdk.NewSecret(t.token.Token), nil
	}
	if !stale.Empty() && stale.Reveal() == t.token.Token {
		if t.env.Now().Sub(t.renewed) < renewPause {
			return stale, nil
		}
		t.renewed = t.env.Now()
	}
	if t.refused != nil && t.env.Now().Before(t.until) {
		return sdk.Secret{}, t.refused
	}
	release, err := t.env.Locker.Lock(ctx, tokenParam)
	if err != nil {
		return sdk.Secret{}, err
	}
	defer release()
	version := int64(0)
	if p, err := t.env.Params.Get(ctx, tokenParam); err == nil {
		version = p.Version
		var s storedToken
		if json.Unmarshal([]byte(p.Value.Reveal()), &s) == nil && t.usable(s, stale) {
			t.token = s
			return sdk.NewSecret(s.Token), nil
		}
	}
	s, err := t.fetch(ctx)
	if err != nil {
		if k := sdk.KindOf(err); k == sdk.Auth || k == sdk.Invalid {
			t.refused, t.until = err, t.env.Now().Add(signInPause)
		}
		return sdk.Secret{}, err
	}
	t.token, t.refused = s, nil
	if b, err := json.Marshal(s); err == nil {
		// Losing it costs one sign-in; a loser of the race has a valid token all the same.
		if err := t.env.Params.Put(ctx, tokenParam, sdk.NewSecret(string(b)), version); err != nil {
			t.env.Log.Debug("the access token is not kept", "error", err)
		}
	}
	return sdk.NewSecret(s.Token), nil
}

func (t *tokens) usable(s storedToken, stale sdk.Secret) bool {
	return s.Token != "" && s.For == t.secret && s.Token != stale.Reveal() && t.env.Now().Add(tokenMargin).Before(s.Expires)
}

func (t *tokens) fetch(ctx context.Context) (storedToken, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {t.cfg.client}, "client_secret": {t.cfg.secret.Reveal()}, "scope": {t.cfg.scope},
	}
	resp, err := t.http.Do(ctx, rest.Request{
		Method: http.MethodPost, Link: "/" + escape(t.cfg.tenant) + "/oauth2/v2.0/token", Safe: true, Body: []byte(form.Encode()),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	})
	if err != nil {
		e := *sdk.AsError(err)
		e.Op = "sign in"
		return storedToken{}, &e
	}
	var a struct {
		Token   string      `json:"access_token"`
		Type    string      `json:"token_type"`
		Expires json.Number `json:"expires_in"`
	}
	seconds := int64(0)
	if err = resp.JSON(&a); err == nil {
		seconds, err = a.Expires.Int64()
	}
	if err != nil || a.Token == "" || !strings.EqualFold(a.Type, "Bearer") || seconds <= 0 {
		// Not the body itself: it may hold a token.
		return storedToken{}, &sdk.Error{Op: "sign in", Kind: sdk.Unavailable, Code: "sign_in_answer", Err: fmt.Errorf("the answer of %s is no token", t.cfg.login)}
	}
	seconds = min(seconds, int64(24*time.Hour/time.Second))
	return storedToken{Token: a.Token, Expires: t.env.Now().Add(time.Duration(seconds) * time.Second), For: t.secret}, nil
}

// signInHints say what to do about the refusals that operators meet (microsoft-graph-docs and the identity platform's "Microsoft Entra
// authentication & authorization error codes").
var signInHints = map[int64]struct {
	code string
	hint sdk.Text
}{
	7000215: {"secret_wrong", sdk.Text{EN: "the client secret is wrong; paste the value of the secret, not its id", DE: "der Client-Geheimschlüssel ist falsch; den Wert des Schlüssels eintragen, nicht seine ID"}},
	7000222: {"secret_expired", sdk.Text{EN: "the client secret has expired; make a new one and enter its value", DE: "der Client-Geheimschlüssel ist abgelaufen; einen neuen anlegen und dessen Wert eintragen"}},
	7000218: {"secret_missing", sdk.Text{EN: "enter a client secret", DE: "einen Client-Geheimschlüssel eintragen"}},
	7000112: {"application_disabled", sdk.Text{EN: "the application is disabled; enable it in the organisation", DE: "die Anwendung ist deaktiviert; sie im Unternehmen aktivieren"}},
	700016:  {"application_unknown", sdk.Text{EN: "check client_id and tenant_id: the organisation does not know the application", DE: "client_id und tenant_id prüfen: das Unternehmen kennt die Anwendung nicht"}},
	700025:  {"application_public", sdk.Text{EN: "the application is a public client and has no secret; register it as a confidential client", DE: "die Anwendung ist ein Public Client ohne Geheimschlüssel; sie als vertraulichen Client registrieren"}},
	90002:   {"tenant_unknown", sdk.Text{EN: "check tenant_id: there is no such organisation", DE: "tenant_id prüfen: dieses Unternehmen gibt es nicht"}},
	50059:   {"tenant_unknown", sdk.Text{EN: "check tenant_id: there is no such organisation", DE: "tenant_id prüfen: dieses Unternehmen gibt es nicht"}},
	50128:   {"tenant_unknown", sdk.Text{EN: "check tenant_id: there is no such domain", DE: "tenant_id prüfen: diese Domäne gibt es nicht"}},
	900144:  {"sign_in_refused", sdk.Text{EN: "check the settings of the sign-in: a value is missing", DE: "die Einstellungen der Anmeldung prüfen: ein Wert fehlt"}},
	70011:   {"scope_invalid", sdk.Text{EN: "set scopes to https://graph.microsoft.com/.default", DE: "scopes auf https://graph.microsoft.com/.default stellen"}},
	1002012: {"scope_invalid", sdk.Text{EN: "set scopes to https://graph.microsoft.com/.default", DE: "scopes auf https://graph.microsoft.com/.default stellen"}},
	500011:  {"scope_invalid", sdk.Text{EN: "check scopes: the organisation does not know that resource", DE: "scopes prüfen: das Unternehmen kennt diese Ressource nicht"}},
	50173:   {"grant_revoked", sdk.Text{EN: "the grant was revoked; consent again", DE: "die Freigabe wurde widerrufen; erneut zustimmen"}},
	53003:   {"blocked_by_policy", sdk.Text{EN: "a Conditional Access policy blocks the sign-in; ask the administrator", DE: "eine Richtlinie für bedingten Zugriff verhindert die Anmeldung; den Administrator fragen"}},
}

// refineSignIn reads the error body of the token endpoint (RFC 6749 section 5.2, with Microsoft's error_codes). Its texts are not
// repeated: they may quote what was sent.
func refineSignIn(f *rest.Failure, _ http.Header, body []byte, e *sdk.Error) {
	var b struct {
		Error       string  `json:"error"`
		Description string  `json:"error_description"`
		Codes       []int64 `json:"error_codes"`
	}
	if json.Unmarshal(body, &b) != nil || b.Error == "" {
		return
	}
	if len(b.Codes) == 0 {
		var n int64
		if _, err := fmt.Sscanf(b.Description, "AADSTS%d:", &n); err == nil {
			b.Codes = []int64{n}
		}
	}
	e.Code, f.Text = "sign_in_refused", fmt.Sprintf("%.40q", b.Error)
	e.Args = map[string]string{"error": fmt.Sprintf("%.40s", b.Error)}
	switch b.Error {
	case "temporarily_unavailable", "server_error":
		e.Kind = sdk.Unavailable
	case "authorization_pending", "slow_down":
		e.Kind = sdk.Pending
	default:
		if f.Status < 500 && f.Status != http.StatusTooManyRequests {
			e.Kind = sdk.Auth
		}
	}
	if len(b.Codes) == 0 {
		return
	}
	n := b.Codes[0]
	e.Args["aadsts"] = fmt.Sprint(n)
	f.Text += fmt.Sprintf(" (AADSTS%d)", n)
	if n == 90055 { // the tenant is throttled
		e.Kind = sdk.Throttled
	}
	if h, ok := signInHints[n]; ok {
		e.Code, e.Hint = h.code, h.hint
	}
}
