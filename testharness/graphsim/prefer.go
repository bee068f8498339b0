package graphsim

import (
	"net/http"
	"strconv"
	"strings"
)

// prefer is what the header Prefer asks for.
type prefer struct {
	zone       *zone  // outlook.timezone
	body       string // outlook.body-content-type: "text", "html" or ""
	immutable  bool   // IdType="ImmutableId"
	pageSize   int    // odata.maxpagesize; zero: not asked
	minimal    bool   // return=minimal
	unsafeHTML bool   // outlook.allow-unsafe-html
	applied    []string
}

// parsePrefer reads all Prefer headers; several wishes may share one header.
func (s *Server) parsePrefer(h http.Header) (prefer, *apiError) {
	var p prefer
	for _, line := range h.Values("Prefer") {
		for _, wish := range splitWishes(line) {
			name, value, _ := strings.Cut(wish, "=")
			name = strings.ToLower(strings.TrimSpace(name))
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch name {
			case "outlook.timezone":
				z, ok := s.zones.get(value)
				if !ok {
					return p, errZone(value)
				}
				p.zone = z
				p.applied = append(p.applied, `outlook.timezone="`+value+`"`)
			case "outlook.body-content-type":
				if v := strings.ToLower(value); v == "text" || v == "html" {
					p.body = v
					p.applied = append(p.applied, `outlook.body-content-type="`+v+`"`)
				}
			case "outlook.allow-unsafe-html":
				p.unsafeHTML = true
			case "idtype":
				p.immutable = strings.EqualFold(value, "ImmutableId")
			case "odata.maxpagesize":
				if n, err := strconv.Atoi(value); err == nil && n > 0 {
					p.pageSize = n
				}
			case "return":
				p.minimal = strings.EqualFold(value, "minimal")
			}
		}
	}
	return p, nil
}

// splitWishes splits at commas and semicolons outside of quotes.
func splitWishes(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ',' || r == ';')
	})
}

// answerPrefer sets Preference-Applied. To Do does not tell what it applied, as clients measured.
func (c *call) answerPrefer(rep *reply, extra ...string) {
	if c.route.area == areaTodo {
		return
	}
	if list := append(extra, c.prefer.applied...); len(list) > 0 {
		rep.set("Preference-Applied", strings.Join(list, ", "))
	}
}

// written is the answer to a write: without its body for a client that asked for as little as possible.
func (c *call) written(rep *reply) *reply {
	if !c.prefer.minimal {
		return rep
	}
	rep.status, rep.body = http.StatusNoContent, nil
	c.answerPrefer(rep, "return=minimal")
	return rep
}
