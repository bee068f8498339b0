package msgraph

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of a $metadata document (invariant I-27: what comes from outside cannot exhaust the process). The real one has 3.4 MB, 40,549
// elements, depth 13 and a longest attribute of 849 bytes.
const (
	maxMetadata        = 64 << 20
	maxMetadataDepth   = 64
	maxMetadataToken   = 64 << 10 // one tag with its attributes, one text
	maxMetadataElement = 1_000_000
)

// csdlType is a type of a CSDL document (OData CSDL 4.0).
type csdlType struct {
	base       string
	properties []csdlProperty
	members    []string // of an enum
	keys       []string
}

type csdlProperty struct{ name, kind string }

// csdl is the kept part of a document, by the types' names without namespace.
type csdl map[string]*csdlType

// parseMetadata reads a document as a stream and keeps the types of the namespace microsoft.graph that are wanted.
func parseMetadata(r io.Reader, wanted map[string]bool) (csdl, error) {
	in := &tokenReader{r: bufio.NewReaderSize(r, 64<<10)}
	d := xml.NewDecoder(in)
	p := metadataParser{wanted: wanted, types: csdl{}}
	depth, elements := 0, 0
	for {
		in.token = 0
		t, err := d.RawToken() // no names are resolved, and no entity is declared: encoding/xml refuses unknown ones
		if err == io.EOF && depth == 0 && elements > 0 {
			break
		}
		if err != nil {
			if in.err != nil {
				err = in.err
			}
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("$metadata, byte %d: %w", in.all, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			if elements++; elements > maxMetadataElement || depth > maxMetadataDepth {
				return nil, fmt.Errorf("$metadata, byte %d: more than %d elements or %d levels", in.all, maxMetadataElement, maxMetadataDepth)
			}
			if err := p.open(t); err != nil {
				return nil, fmt.Errorf("$metadata, byte %d: %w", in.all, err)
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return nil, fmt.Errorf("$metadata, byte %d: an end without a begin", in.all)
			}
			if err := p.close(t); err != nil {
				return nil, fmt.Errorf("$metadata, byte %d: %w", in.all, err)
			}
		}
	}
	return p.types, nil
}

// tokenReader bounds the document and each of its tokens. It is an io.ByteReader, so that the decoder reads no further than it needs.
type tokenReader struct {
	r          *bufio.Reader
	all, token int64
	err        error
}

func (t *tokenReader) ReadByte() (byte, error) {
	if t.all++; t.all > maxMetadata {
		t.err = fmt.Errorf("the document is larger than %d bytes", maxMetadata)
		return 0, t.err
	}
	if t.token++; t.token > maxMetadataToken {
		t.err = fmt.Errorf("a tag or text is longer than %d bytes", maxMetadataToken)
		return 0, t.err
	}
	b, err := t.r.ReadByte()
	if err != nil {
		t.err = err
	}
	return b, err
}

// Read is there because xml.NewDecoder asks for an io.Reader; the decoder uses ReadByte.
func (t *tokenReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

type metadataParser struct {
	wanted map[string]bool
	types  csdl
	path   []string // open elements
	inside bool     // the schema microsoft.graph
	now    *csdlType
}

func (p *metadataParser) open(t xml.StartElement) error {
	p.path = append(p.path, t.Name.Space+":"+t.Name.Local)
	name := attr(t, "Name")
	switch t.Name.Local {
	case "Edmx":
		if v := attr(t, "Version"); !strings.HasPrefix(v, "4.") {
			return fmt.Errorf("the version is %.20q, understood is 4", v)
		}
	case "Schema":
		p.inside = attr(t, "Namespace") == "microsoft.graph"
	case "EntityType", "ComplexType", "EnumType":
		p.now = nil
		if !p.inside || !p.wanted[name] {
			break
		}
		if p.types[name] != nil {
			return fmt.Errorf("the type %q is there twice", name)
		}
		p.now = &csdlType{base: local(attr(t, "BaseType"))}
		p.types[name] = p.now
	case "Property":
		if p.now != nil {
			if name == "" || attr(t, "Type") == "" {
				return errors.New("a property without name or type")
			}
			p.now.properties = append(p.now.properties, csdlProperty{name, attr(t, "Type")})
		}
	case "Member":
		if p.now != nil {
			p.now.members = append(p.now.members, name)
		}
	case "PropertyRef":
		if p.now != nil {
			p.now.keys = append(p.now.keys, name)
		}
	}
	return nil
}

func (p *metadataParser) close(t xml.EndElement) error {
	if len(p.path) == 0 || p.path[len(p.path)-1] != t.Name.Space+":"+t.Name.Local {
		return fmt.Errorf("</%.40s> ends nothing that is open", t.Name.Local)
	}
	p.path = p.path[:len(p.path)-1]
	switch t.Name.Local {
	case "EntityType", "ComplexType", "EnumType":
		p.now = nil
	case "Schema":
		p.inside = false
	}
	return nil
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// local is the name of a type without the namespace or its alias: graph.event, microsoft.graph.event.
func local(name string) string {
	for _, prefix := range []string{"microsoft.graph.", "graph."} {
		if s, ok := strings.CutPrefix(name, prefix); ok {
			return s
		}
	}
	return name
}

// property finds a property of a type or of its bases.
func (c csdl) property(entity, name string) (string, bool) {
	for n := 0; entity != "" && n < 16; n++ { // a circle of bases ends too
		t := c[entity]
		if t == nil {
			return "", false
		}
		for _, p := range t.properties {
			if p.name == name {
				return p.kind, true
			}
		}
		entity = t.base
	}
	return "", false
}

// properties are those of a type and its bases, the bases' first.
func (c csdl) properties(name string) []csdlProperty {
	var list []csdlProperty
	for n := 0; name != "" && n < 16 && c[name] != nil; n++ {
		list = append(append([]csdlProperty{}, c[name].properties...), list...)
		name = c[name].base
	}
	return list
}
