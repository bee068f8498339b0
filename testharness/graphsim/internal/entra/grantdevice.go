package entra

func (s *Server) grantDevice(c *tokenCall) (*Response, *Error) { return nil, fail(70018) }
