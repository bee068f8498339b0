package entra

func (s *Server) checkAssertion(c *tokenCall, assertion string) *Error { return fail(50027) }
