package graphsim

import "net/http"

// metadata answers the document of the data model: the simulator's own or the one of Config.Metadata.
func metadata(c *call) (*reply, error) {
	document := c.s.cfg.Metadata
	if document == nil {
		document = c.s.model.Document()
	}
	rep := &reply{status: http.StatusOK, body: document}
	rep.set("Content-Type", "application/xml")
	return rep, nil
}
