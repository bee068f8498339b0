package process

import (
	"net/url"
	"regexp"
)

// A secret setting is given by reference. Its text may stand in the clear only
// where it is the address of something and carries no credential, because some
// settings are secret only for the password that they may hold:
//
//	dsn: "sqlite:crm.db"                                allowed
//	dsn: "postgres://gleis@db/crm"                      allowed
//	dsn: "postgres://gleis:${env:CRM_PASSWORD}@db/crm"  allowed
//	dsn: "postgres://gleis:opensesame@db/crm"           refused
//	client_secret: opensesame                           refused

var (
	schemeRE     = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]+:`)
	credentialRE = regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd|pass|secret|token|credential|api_?key|account_?key|access_?key|private_?key|sig|signature)\s*=\s*[^\s&;]`)
)

// literal refuses a credential that stands in the text.
func (ps *Problems) literal(v Value, pos Pos, key []string) {
	text := v.Literal.Reveal()
	switch {
	case text == "":
	case credentialRE.MatchString(text) || hasPassword(text):
		ps.add(pos, key, "write the secret part as ${env:NAME} or ${file:PATH}, inside the value", "a password stands here in the clear")
	case v.Refs == 0 && !schemeRE.MatchString(text):
		ps.add(pos, key, "write ${env:NAME} or ${file:PATH}", "a secret stands here in the clear")
	}
}

// hasPassword reports whether text is a URL with a password, or looks like one
// that cannot be read.
func hasPassword(text string) bool {
	if !schemeRE.MatchString(text) {
		return false
	}
	u, err := url.Parse(text)
	if err != nil {
		return true
	}
	p, set := u.User.Password()
	return set && p != ""
}
