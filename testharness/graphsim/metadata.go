package graphsim

import (
	_ "embed"
	"net/http"
)

// metadataXML describes what the simulator serves, in the form of Graph's CSDL document: a subset of its types, with their properties,
// enums and change tracking annotations.
//
//go:embed metadata.xml
var metadataXML []byte

func metadata(*call) (*reply, error) {
	rep := &reply{status: http.StatusOK, body: metadataXML}
	rep.set("Content-Type", "application/xml")
	return rep, nil
}
