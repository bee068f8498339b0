package entra

import (
	"cmp"
	"slices"
	"strings"
)

// oidcScopes are the scopes of the platform itself.
var oidcScopes = []string{"openid", "profile", "email", "offline_access"}

// scopes is a parsed scope parameter: what is asked of the platform and what of Graph.
type scopes struct {
	oidc  []string
	graph []string // proper names, in the order of the request
	all   bool     // Graph's /.default
	audID bool     // Graph was named by its id
	// foreign is another resource that was named, and first tells that it stands before Graph; "" when there is none.
	foreign string
	first   bool
	// prefix is what stood before a name, by proper name, and before .default.
	prefix map[string]string
}

// defaultName is the scope that stands for all that the registration lists.
const defaultName = ".default"

// shown are granted permissions as an answer has them: as they were asked for. Client libraries compare the texts, and take for declined
// what they do not find, /.default too (microsoft-authentication-library-for-go, token response).
func (q scopes) shown(granted []string) []string {
	if q.prefix == nil {
		return nil
	}
	var out []string
	for _, name := range granted {
		before, ok := q.prefix[name]
		if !ok {
			before = q.prefix[defaultName]
		}
		out = append(out, before+name)
	}
	if q.all {
		out = append(out, q.prefix[defaultName]+defaultName)
	}
	return out
}

func (q scopes) has(oidc string) bool { return slices.Contains(q.oidc, oidc) }

// names is everything asked for as one list.
func (q scopes) names() []string { return slices.Concat(q.graph, q.oidc) }

// parseScopes reads a scope parameter. Names are compared without case (unconfirmed); the prefix of Graph may be missing.
func (s *Server) parseScopes(app *App, raw, origin string) (scopes, *Error) {
	q := scopes{prefix: map[string]string{}}
	for _, item := range strings.Fields(raw) {
		if name := strings.ToLower(item); slices.Contains(oidcScopes, name) {
			q.oidc = appendOnce(q.oidc, name)
			continue
		}
		name, resource := splitScope(item, origin)
		switch resource {
		case GraphID:
			q.audID = true
		case "", GraphOrigin:
		default:
			q.first = q.first || !q.ofGraph()
			q.foreign = cmp.Or(q.foreign, resource)
			continue
		}
		before := item[:len(item)-len(name)]
		if name == defaultName {
			q.all, q.prefix[name] = true, before
			continue
		}
		proper, known := s.scopes[strings.ToLower(name)]
		if !known {
			return q, fail(650053, app.Name, name)
		}
		q.graph, q.prefix[proper] = appendOnce(q.graph, proper), before
	}
	if q.all && len(q.graph) > 0 {
		return q, fail(70011, raw+". .default scope can't be combined with resource-specific scopes")
	}
	return q, nil
}

// ofGraph tells that something of Graph is asked for.
func (q scopes) ofGraph() bool { return q.all || len(q.graph) > 0 }

// graphScopes reads a scope parameter that may name Graph alone: the one resource of a token. Other resources are not in this tenant.
func (s *Server) graphScopes(app *App, raw, origin string) (scopes, *Error) {
	q, err := s.parseScopes(app, raw, origin)
	switch {
	case err != nil:
		return q, err
	case q.foreign != "" && q.ofGraph():
		return q, fail(28000, raw)
	default:
		return q, s.inTenant(q)
	}
}

// inTenant refuses resources that the tenant does not have: all but Graph.
func (s *Server) inTenant(q scopes) *Error {
	if q.foreign == "" {
		return nil
	}
	return fail(500011, q.foreign, s.cfg.Name)
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// splitScope takes the resource from the front of a scope. Graph's own address stands for the simulator's too.
func splitScope(item, origin string) (name, resource string) {
	i := strings.LastIndexByte(item, '/')
	if i < 0 {
		return item, ""
	}
	resource, name = strings.TrimRight(item[:i], "/"), item[i+1:]
	if origin != "" && strings.EqualFold(resource, origin) || strings.EqualFold(resource, GraphOrigin) {
		return name, GraphOrigin
	}
	return name, resource
}

// adminOnly tells the delegated permissions that only an administrator can consent to. Nearly all that reach beyond the person's own data
// end in .All (microsoft-graph-docs, page "permissions-reference").
func adminOnly(scope string) bool {
	return strings.HasSuffix(scope, ".All") && scope != "User.ReadBasic.All" && !strings.HasPrefix(scope, "OnlineMeetings.")
}
