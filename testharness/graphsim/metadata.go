package graphsim

import (
	"net/http"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

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

// declares tells whether a type of the model has a property, without regard to case.
func declares(typeName, property string) bool {
	m, err := csdl.Load()
	return err == nil && m.Type(typeName).Property(property) != nil
}
