package hostend

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
)

const (
	// shortestSecret is the length in bytes from which a value is looked for: a
	// shorter one stands in too many words.
	shortestSecret = 6
	// mostSecrets bounds how many values are kept, the latest.
	mostSecrets = 1000
	// redacted stands where a secret stood.
	redacted = "[secret]"
)

// hide keeps the secret settings of a connection out of what its process logs.
func (h *Service) hide(defs []sdk.Setting, s sdk.Settings) {
	for _, d := range defs {
		if d.Secret {
			h.hideValue(s.Secret(d.Name).Reveal())
		}
	}
}

// hideValue keeps one value out of the log: as it is, and as it stands in an
// address and in JSON.
func (h *Service) hideValue(value string) {
	if len(value) < shortestSecret {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(h.secrets, value) {
		return
	}
	h.secrets = append(h.secrets, value)
	if over := len(h.secrets) - mostSecrets; over > 0 {
		h.secrets = slices.Delete(h.secrets, 0, over)
	}
	var pairs []string
	for _, v := range h.secrets {
		for _, form := range []string{v, strings.Trim(strconv.Quote(v), `"`), url.QueryEscape(v), url.PathEscape(v)} {
			pairs = append(pairs, form, redacted)
		}
	}
	h.hidden = strings.NewReplacer(pairs...)
}

// Redact returns text without the secrets of the process's connections: their
// secret settings and the stored values that passed between them and the host.
// They stay secret when a connection is closed.
func (h *Service) Redact(text string) string {
	h.mu.Lock()
	hidden := h.hidden
	h.mu.Unlock()
	if hidden == nil {
		return text
	}
	return hidden.Replace(text)
}
