package graphsim

import "net/http"

func identityRoutes() []route {
	revoke := same("User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All")
	return []route{
		{method: "POST", pattern: "users/{user}/revokeSignInSessions", area: areaDirectory, needs: revoke, handle: revokeSignInSessions},
	}
}

// revokeSignInSessions ends the refresh tokens and browser sessions of a user (microsoft-graph-docs, page "user-revokesigninsessions").
func revokeSignInSessions(c *call) (*reply, error) {
	u := c.s.tenant.find(c.vars["user"])
	if u == nil {
		return nil, errResourceNotFound(c.vars["user"])
	}
	c.s.login.RevokeSessions(u.id)
	return c.entity(http.StatusOK, []byte(`{"@odata.context":"`+c.contextURL("Edm.Boolean")+`","value":true}`)), nil
}
