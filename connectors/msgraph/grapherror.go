package msgraph

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// Codes of errors, as a program sees them.
const (
	codeItemGone    = "item_not_found"
	codeNoMailbox   = "mailbox_not_enabled"
	codeDenied      = "access_denied"
	codeCursorLost  = "cursor_lost"
	codeIDMalformed = "id_malformed"
	codeUserGone    = "user_not_found"
	codeMalformed   = "answer_malformed"
	codeNoList      = "no_default_list"
)

var (
	hintNoMailbox = sdk.Text{
		EN: "the user has no mailbox in Microsoft 365 (no licence, guest, or on the organisation's own server); take him out of the selection or give him one",
		DE: "der Benutzer hat kein Postfach in Microsoft 365 (keine Lizenz, Gast oder eigener Server des Unternehmens); ihn aus der Auswahl nehmen oder ihm eines geben",
	}
	hintDenied = sdk.Text{
		EN: "the application may not do this: grant it the permission (Calendars.ReadWrite, Contacts.ReadWrite, Tasks.ReadWrite.All, User.Read.All, GroupMember.Read.All) with the administrator's consent, and check policies that exclude mailboxes",
		DE: "die Anwendung darf das nicht: ihr die Berechtigung (Calendars.ReadWrite, Contacts.ReadWrite, Tasks.ReadWrite.All, User.Read.All, GroupMember.Read.All) mit Zustimmung des Administrators geben und Richtlinien prüfen, die Postfächer ausschließen",
	}
)

// graphCases are the codes of Graph's error bodies that mean more than their status, in lower case: Graph is not consistent in case
// (microsoft-graph-docs, "Microsoft Graph error responses"; Exchange's own codes come through).
var graphCases = map[string]struct {
	kind sdk.Kind
	code string
	hint sdk.Text
}{
	"erroritemnotfound":                 {sdk.NotFound, codeItemGone, sdk.Text{}},
	"mailboxnotenabledforrestapi":       {sdk.NotFound, codeNoMailbox, hintNoMailbox},
	"resourcenotfound":                  {sdk.NotFound, codeNoMailbox, hintNoMailbox},
	"errorinvaliduser":                  {sdk.NotFound, codeNoMailbox, hintNoMailbox},
	"errornonexistentmailbox":           {sdk.NotFound, codeNoMailbox, hintNoMailbox},
	"request_resourcenotfound":          {sdk.NotFound, codeUserGone, sdk.Text{}},
	"errorinvalididmalformed":           {sdk.Invalid, codeIDMalformed, sdk.Text{}},
	"erroraccessdenied":                 {sdk.Auth, codeDenied, hintDenied},
	"accessdenied":                      {sdk.Auth, codeDenied, hintDenied},
	"authorization_requestdenied":       {sdk.Auth, codeDenied, hintDenied},
	"syncstatenotfound":                 {sdk.NotFound, codeCursorLost, sdk.Text{}},
	"syncstateinvalid":                  {sdk.NotFound, codeCursorLost, sdk.Text{}},
	"resyncrequired":                    {sdk.NotFound, codeCursorLost, sdk.Text{}},
	"resyncchangesapplydifferences":     {sdk.NotFound, codeCursorLost, sdk.Text{}},
	"resyncchangesuploaddifferences":    {sdk.NotFound, codeCursorLost, sdk.Text{}},
	"fullsyncrequired":                  {sdk.NotFound, codeCursorLost, sdk.Text{}},
	"errorirresolvableconflict":         {sdk.Conflict, "stamp_changed", sdk.Text{}},
	"errorduplicatetransactionid":       {sdk.Conflict, "intent_exists", sdk.Text{}},
	"errormailboxstoreunavailable":      {sdk.Unavailable, "mailbox_unavailable", sdk.Text{}},
	"errorinternalservertransienterror": {sdk.Unavailable, "transient", sdk.Text{}},
	"errorquotaexceeded":                {sdk.Invalid, "mailbox_full", sdk.Text{EN: "the mailbox is full; make room in it", DE: "das Postfach ist voll; Platz darin schaffen"}},
	"timezonenotsupportedexception": {sdk.Invalid, "zone_unknown", sdk.Text{
		EN: "Graph does not know the time zone; use its Windows name", DE: "Graph kennt die Zeitzone nicht; ihren Windows-Namen verwenden",
	}},
	"directory_expiredpagetoken": {sdk.Unavailable, "page_expired", sdk.Text{}},
}

type graphErrorBody struct {
	Error struct {
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Inner   json.RawMessage `json:"innerError"`
	} `json:"error"`
}

// refine reads Graph's error body.
func refine(f *rest.Failure, _ http.Header, body []byte, e *sdk.Error) {
	var b graphErrorBody
	if json.Unmarshal(body, &b) != nil { // a proxy's page, or nothing: the status has to do
		b.Error.Code = ""
	}
	refineWith(f, b, e)
}

func refineWith(f *rest.Failure, b graphErrorBody, e *sdk.Error) {
	code := b.Error.Code
	e.Args = map[string]string{"status": fmt.Sprint(f.Status)}
	if code != "" {
		e.Args["graph_code"] = code
		f.Text = fmt.Sprintf("%.80s", plain(code))
		if m := b.Error.Message; m != "" {
			f.Text += ": " + fmt.Sprintf("%.200s", plain(m))
		}
	}
	codes := []string{code}
	var inner struct {
		Code  string          `json:"code"`
		Inner json.RawMessage `json:"innerError"`
	}
	for raw := b.Error.Inner; len(raw) > 0 && len(codes) < 4; raw = inner.Inner {
		inner.Code, inner.Inner = "", nil
		if json.Unmarshal(raw, &inner) != nil {
			break
		}
		codes = append(codes, inner.Code)
	}
	for _, code := range codes {
		c, ok := graphCases[strings.ToLower(code)]
		if ok && (f.Status < 500 || c.kind == sdk.Unavailable) && f.Status != http.StatusTooManyRequests {
			e.Kind, e.Code, e.Hint = c.kind, c.code, c.hint
			return
		}
	}
	switch {
	case f.Status == http.StatusGone:
		e.Code = codeCursorLost
	case f.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(b.Error.Message), "badly formed token"):
		e.Code = codeCursorLost
	case e.Kind == sdk.Auth && f.Status == http.StatusForbidden, strings.EqualFold(code, "UnknownError") && f.Status == http.StatusUnauthorized:
		e.Code, e.Hint = codeDenied, hintDenied
	case f.Status == http.StatusUnauthorized:
		e.Code = "token_refused"
	case f.Status == http.StatusPreconditionFailed:
		e.Code = "stamp_changed"
	}
}

// plain makes one line of what somebody else wrote: it comes into logs.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// staleToken reports whether another token may lift a refusal: an expired or revoked one, and one from before the permission was granted, which
// lacks it for as long as it lives (microsoft-graph-docs issue 10907).
func staleToken(err error) bool {
	s := rest.StatusOf(err)
	return s == http.StatusUnauthorized || s == http.StatusForbidden && codeOf(err) == codeDenied
}

// codeOf returns the code of err, "" if it has none.
func codeOf(err error) string {
	var e *sdk.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// itemGone reports whether Graph said that there is no such item. Only 404 with ErrorItemNotFound says so (Invariant 3); a mailbox that
// lost its licence answers 404 too (python-o365 issues 588 and 438).
func itemGone(err error) bool {
	return rest.StatusOf(err) == http.StatusNotFound && codeOf(err) == codeItemGone
}

// stops reports whether err, met while asking for one item, is about more than that: going on would meet it again and again.
func stops(err error) bool {
	switch sdk.KindOf(err) {
	case sdk.Throttled, sdk.Cancelled:
		return true
	case sdk.Unavailable: // no answer at all
		return rest.StatusOf(err) == 0 && codeOf(err) != codeMalformed && !errors.Is(err, errEndless)
	}
	return mailboxGone(err)
}

// mailboxGone reports whether err concerns the whole mailbox, so that asking for more of it is in vain.
func mailboxGone(err error) bool {
	switch codeOf(err) {
	case codeNoMailbox, codeDenied, codeUserGone:
		return true
	}
	return sdk.KindOf(err) == sdk.Auth
}
