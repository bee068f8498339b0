package entra

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// accessClaims are the claims of an access token in the v1.0 form that Graph receives (entra-docs, page "access-token-claims-reference").
type accessClaims struct {
	Aud        string   `json:"aud"`
	Iss        string   `json:"iss"`
	Iat        int64    `json:"iat"`
	Nbf        int64    `json:"nbf"`
	Exp        int64    `json:"exp"`
	Aio        string   `json:"aio"` // opaque; here the order of the token among the events of the tenant
	Amr        []string `json:"amr,omitempty"`
	AppName    string   `json:"app_displayname"`
	AppID      string   `json:"appid"`
	AppIDACR   string   `json:"appidacr"`
	FamilyName string   `json:"family_name,omitempty"`
	GivenName  string   `json:"given_name,omitempty"`
	IDType     string   `json:"idtyp"`
	IPAddr     string   `json:"ipaddr,omitempty"`
	Name       string   `json:"name,omitempty"`
	OID        string   `json:"oid"`
	PUID       string   `json:"puid,omitempty"`
	Roles      []string `json:"roles,omitempty"`
	Scp        string   `json:"scp,omitempty"`
	Sub        string   `json:"sub"`
	TID        string   `json:"tid"`
	UniqueName string   `json:"unique_name,omitempty"`
	UPN        string   `json:"upn,omitempty"`
	Uti        string   `json:"uti"`
	Ver        string   `json:"ver"`
	Wids       []string `json:"wids,omitempty"`
	XMSCC      []string `json:"xms_cc,omitempty"`
}

func (s *Server) accessHeader() header {
	return header{Typ: "JWT", Alg: "RS256", X5t: s.kid, Kid: s.kid, Nonce: s.handle("nonce", 32)}
}

// accessClaims are what tokens of people and of apps have in common.
func (s *Server) accessClaims(x *exchange, app *App, by proof, audID bool) *accessClaims {
	now := s.cfg.Now()
	c := &accessClaims{
		Aud: GraphOrigin, Iss: s.issuerV1(), Iat: epoch(now), Nbf: epoch(now), Exp: epoch(now.Add(s.cfg.TokenLife)),
		AppName: app.Name, AppID: app.ID, AppIDACR: string(by), TID: s.cfg.TenantID, Uti: s.handle("uti", 16), Ver: "1.0",
	}
	c.Aio = ordered(s.state.Counter)
	if audID {
		c.Aud = GraphID
	}
	return c
}

func (s *Server) issuerV1() string { return "https://sts.windows.net/" + s.cfg.TenantID + "/" }

// issuerV2 is who makes id tokens, at the address of the simulator.
func (s *Server) issuerV2(origin string) string { return origin + "/" + s.cfg.TenantID + "/v2.0" }

// globalAdministrator is the template id of the directory role.
const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

func (c *accessClaims) person(s *Server, p Person, in signedIn) {
	c.OID, c.Sub, c.IDType = p.ID, s.Subject(p.ID, GraphID), "user"
	c.Name, c.GivenName, c.FamilyName, c.UPN, c.UniqueName = p.Name, p.GivenName, p.Surname, p.UPN, p.UPN
	c.IPAddr, c.Amr, c.Scp = "127.0.0.1", in.Methods, strings.Join(withPerson(in.Scopes, in.OIDC), " ")
	c.PUID = strings.ToUpper(strings.ReplaceAll(s.guid("puid", p.ID), "-", "")[:16])
	if s.account(p.ID).Admin {
		c.Wids = []string{globalAdministrator}
	}
}

// Subject is the claim sub of a person at a client: another one at each.
func (s *Server) Subject(person, client string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("subject", person, client))
}

// idClaims are the claims of an id token (entra-docs, page "id-token-claims-reference").
type idClaims struct {
	Aud      string `json:"aud"`
	Iss      string `json:"iss"`
	Iat      int64  `json:"iat"`
	Nbf      int64  `json:"nbf"`
	Exp      int64  `json:"exp"`
	CHash    string `json:"c_hash,omitempty"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Nonce    string `json:"nonce,omitempty"`
	OID      string `json:"oid,omitempty"`
	Username string `json:"preferred_username,omitempty"`
	Sub      string `json:"sub"`
	TID      string `json:"tid"`
	Uti      string `json:"uti"`
	Ver      string `json:"ver"`
}

// idToken tells the client who signed in. code is the authorization code that is sent along with it, if any.
func (s *Server) idToken(x *exchange, p Person, in signedIn, code string) (string, error) {
	now := s.cfg.Now()
	c := idClaims{
		Aud: in.Client, Iss: s.issuerV2(x.Origin), Iat: epoch(now), Nbf: epoch(now), Exp: epoch(now.Add(s.cfg.TokenLife)),
		Sub: s.Subject(p.ID, in.Client), TID: s.cfg.TenantID, Uti: s.handle("uti", 16), Ver: "2.0", Nonce: in.Nonce,
	}
	q := scopes{oidc: in.OIDC}
	if q.has("profile") {
		c.Name, c.OID, c.Username = p.Name, p.ID, p.UPN
	}
	if q.has("email") {
		c.Email = p.Mail
	}
	if code != "" {
		sum := sha256.Sum256([]byte(code))
		c.CHash = base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	return signJWT(header{Typ: "JWT", Alg: "RS256", Kid: s.kid}, c)
}

// stampUTC is a time as error texts have it.
func stampUTC(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
