package entra

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

const pathDiscovery = "v2.0/.well-known/openid-configuration"

// document is the discovery document of OpenID Connect (entra-docs, page "v2-protocols-oidc").
type document struct {
	TokenEndpoint  string   `json:"token_endpoint"`
	AuthMethods    []string `json:"token_endpoint_auth_methods_supported"`
	JWKS           string   `json:"jwks_uri"`
	ResponseModes  []string `json:"response_modes_supported"`
	SubjectTypes   []string `json:"subject_types_supported"`
	Algorithms     []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes  []string `json:"response_types_supported"`
	Scopes         []string `json:"scopes_supported"`
	Issuer         string   `json:"issuer"`
	RequestURI     bool     `json:"request_uri_parameter_supported"`
	UserInfo       string   `json:"userinfo_endpoint"`
	Authorization  string   `json:"authorization_endpoint"`
	Device         string   `json:"device_authorization_endpoint"`
	HTTPLogout     bool     `json:"http_logout_supported"`
	FrontLogout    bool     `json:"frontchannel_logout_supported"`
	EndSession     string   `json:"end_session_endpoint"`
	Claims         []string `json:"claims_supported"`
	Region         *string  `json:"tenant_region_scope"`
	Cloud          string   `json:"cloud_instance_name"`
	CloudGraph     string   `json:"cloud_graph_host_name"`
	Graph          string   `json:"msgraph_host"`
	RightsManagers string   `json:"rbac_url"`
}

// openidConfiguration tells clients where everything is. At /common and /organizations the issuer has a gap for the tenant.
func (s *Server) openidConfiguration(x *exchange) *Response {
	at := x.Origin + "/" + s.segment(x.place)
	oauth := at + "/oauth2/v2.0/"
	host := hostOf(x.Origin)
	d := document{
		TokenEndpoint: oauth + "token", AuthMethods: []string{"client_secret_post", "private_key_jwt", "client_secret_basic"}, JWKS: at + "/discovery/v2.0/keys",
		ResponseModes: []string{"query", "fragment", "form_post"}, SubjectTypes: []string{"pairwise"}, Algorithms: []string{"RS256"},
		ResponseTypes: []string{"code", "id_token", "code id_token", "id_token token"}, Scopes: []string{"openid", "profile", "email", "offline_access"},
		Issuer: s.issuerAt(x), UserInfo: x.Origin + "/oidc/userinfo", Authorization: oauth + "authorize", Device: oauth + "devicecode",
		HTTPLogout: true, FrontLogout: true, EndSession: oauth + "logout",
		Claims: []string{
			"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr",
			"nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
		},
		Cloud: "microsoftonline.com", CloudGraph: "graph.windows.net", Graph: host, RightsManagers: "https://pas.windows.net",
	}
	if x.place == placeTenant {
		region := "EU"
		d.Region = &region
	}
	return jsonReply(d)
}

func (s *Server) issuerAt(x *exchange) string {
	switch x.place {
	case placeTenant:
		return s.issuerV2(x.Origin)
	case placeConsumers:
		return x.Origin + "/" + consumersID + "/v2.0"
	default:
		return x.Origin + "/{tenantid}/v2.0"
	}
}

func jsonReply(v any) *Response {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return &Response{Status: http.StatusInternalServerError}
	}
	rep := &Response{Status: http.StatusOK, Body: []byte(strings.TrimSuffix(b.String(), "\n"))}
	return rep.set("Content-Type", kindJSON).set("Cache-Control", "max-age=86400, private").set("Access-Control-Allow-Origin", "*")
}

func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}

// keys is the set of public keys.
func (s *Server) keys(x *exchange) *Response {
	key, err := signingKey()
	if err != nil {
		return &Response{Status: http.StatusInternalServerError}
	}
	return jsonReply(map[string]any{"keys": []jwk{publicJWK(&key.PublicKey, s.kid, s.issuerAt(x))}})
}

// instance answers the instance discovery of client libraries: which host names are one cloud. Here it is the simulator's own.
func (s *Server) instance(x *exchange) *Response {
	if x.params.Get("api-version") == "" {
		return s.errorJSON(x, fail(900144, "api-version"))
	}
	u, err := url.Parse(x.params.Get("authorization_endpoint"))
	if err != nil || u.Host == "" {
		return s.errorJSON(x, fail(900144, "authorization_endpoint"))
	}
	tenant, _, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	host := hostOf(x.Origin)
	if !strings.EqualFold(u.Host, host) { // another cloud
		return s.errorJSON(x, fail(50049))
	}
	return jsonReply(map[string]any{
		"tenant_discovery_endpoint": x.Origin + "/" + tenant + "/" + pathDiscovery, "api-version": "1.1",
		"metadata": []any{map[string]any{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}

// realm tells client libraries before a sign-in with a password whether the platform checks it itself.
func (s *Server) realm(x *exchange) *Response {
	name := x.Path[strings.LastIndexByte(x.Path, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	_, domain, _ := strings.Cut(name, "@")
	kind := "Unknown"
	if strings.EqualFold(domain, s.cfg.Domain) {
		kind = "Managed"
	}
	return jsonReply(map[string]any{
		"ver": "1.0", "account_type": kind, "domain_name": domain, "cloud_instance_name": "microsoftonline.com",
		"cloud_audience_urn": "urn:federation:MicrosoftOnline",
	})
}
