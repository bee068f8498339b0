package entra

import "time"

// NotificationSender is the application id of the service that sends change notifications (microsoft-graph-docs, page
// "change-notifications-with-resource-data").
const NotificationSender = "0bf30f3b-4a52-48df-9a82-234910c4a086"

type notificationClaims struct {
	Aud   string `json:"aud"`
	Iss   string `json:"iss"`
	Iat   int64  `json:"iat"`
	Nbf   int64  `json:"nbf"`
	Exp   int64  `json:"exp"`
	AppID string `json:"appid"`
	OID   string `json:"oid"`
	Sub   string `json:"sub"`
	TID   string `json:"tid"`
	Ver   string `json:"ver"`
}

// NotificationToken makes the token by which an app knows that a notification with content comes from Graph: issued to the app, signed by
// the keys that the platform publishes.
func (s *Server) NotificationToken(app string) (string, error) {
	now := s.cfg.Now()
	principal := s.guid("principal", NotificationSender)
	return signJWT(header{Typ: "JWT", Alg: "RS256", X5t: s.kid, Kid: s.kid}, &notificationClaims{
		Aud: app, Iss: s.issuerV1(), Iat: epoch(now), Nbf: epoch(now), Exp: epoch(now.Add(24 * time.Hour)),
		AppID: NotificationSender, OID: principal, Sub: principal, TID: s.cfg.TenantID, Ver: "1.0",
	})
}
