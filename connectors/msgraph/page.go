package msgraph

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/gleis-dev/gleis/sdk"
)

// page is one answer that lists items: its rows as pieces of the body, and where the list goes on. It is reused from page to page.
type page struct {
	rows  []row
	next  string // @odata.nextLink
	delta string // @odata.deltaLink

	dec *jsontext.Decoder
	buf bytes.Buffer
}

// parse splits body, which must be one JSON object with a value array and nothing after it: a body that was closed instead of ended shows no other way.
// The rows point into body. Doubled names and invalid UTF-8 are refused, halves of characters
// are replaced in body. The error is of kind Unavailable: the page counts as not answered.
func (p *page) parse(body []byte) error {
	err := p.split(body)
	if err != nil && mend(body) {
		err = p.split(body)
	}
	if err != nil {
		return &sdk.Error{Kind: sdk.Unavailable, Code: codeMalformed, Err: fmt.Errorf("the page is not whole: %w", err)}
	}
	return nil
}

func (p *page) split(body []byte) error {
	p.rows, p.next, p.delta = p.rows[:0], "", ""
	p.buf = *bytes.NewBuffer(body) // the decoder reads a Buffer in place
	if p.dec == nil {
		p.dec = jsontext.NewDecoder(&p.buf)
	} else {
		p.dec.Reset(&p.buf)
	}
	d := scanner{p.dec, body}
	if err := d.open('{'); err != nil {
		return err
	}
	listed := false
	for d.dec.PeekKind() != '}' {
		name, err := d.text()
		if err != nil {
			return err
		}
		switch string(name) {
		case "value":
			listed = true
			err = p.list(d)
		case "@odata.nextLink":
			p.next, err = d.string()
		case "@odata.deltaLink":
			p.delta, err = d.string()
		case "error":
			err = errors.New("it holds an error")
		default:
			err = d.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	if _, err := d.dec.ReadToken(); err != io.EOF {
		return errors.New("something follows its end")
	}
	if !listed {
		return errors.New(`it has no "value"`)
	}
	return nil
}

func (p *page) list(d scanner) error {
	if err := d.open('['); err != nil {
		return err
	}
	for d.dec.PeekKind() != ']' {
		if len(p.rows) < cap(p.rows) {
			p.rows = p.rows[:len(p.rows)+1]
		} else {
			p.rows = append(p.rows, row{})
		}
		if err := p.rows[len(p.rows)-1].scan(d); err != nil {
			return err
		}
	}
	_, err := d.dec.ReadToken()
	return err
}

// item scans a body that is one item.
func (p *page) item(body []byte) (*row, error) {
	err := p.one(body)
	if err != nil && mend(body) {
		err = p.one(body)
	}
	if err == nil && len(p.rows[0].id) == 0 {
		err = errors.New("it has no id")
	}
	if err != nil {
		return nil, &sdk.Error{Kind: sdk.Unavailable, Code: codeMalformed, Err: fmt.Errorf("the item is not whole: %w", err)}
	}
	return &p.rows[0], nil
}

func (p *page) one(body []byte) error {
	p.rows, p.next, p.delta = append(p.rows[:0], row{}), "", ""
	p.buf = *bytes.NewBuffer(body)
	p.dec = jsontext.NewDecoder(&p.buf)
	if err := p.rows[0].scan(scanner{p.dec, body}); err != nil {
		return err
	}
	if _, end := p.dec.ReadToken(); end != io.EOF {
		return errors.New("something follows its end")
	}
	return nil
}

// scanner reads tokens and knows the bytes they come from.
type scanner struct {
	dec  *jsontext.Decoder
	body []byte
}

func (d scanner) open(kind jsontext.Kind) error {
	t, err := d.dec.ReadToken()
	if err == nil && t.Kind() != kind {
		err = fmt.Errorf("at byte %d there is %s instead of %q", d.dec.InputOffset(), t.Kind(), rune(kind))
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// text reads a string. The result points into the body unless the string has escapes. Anything but a string gives nil.
func (d scanner) text() ([]byte, error) {
	v, err := d.dec.ReadValue()
	if err != nil || len(v) < 2 || v[0] != '"' {
		return nil, err
	}
	end := d.dec.InputOffset()
	in := d.body[end-int64(len(v))+1 : end-1]
	if bytes.IndexByte(in, '\\') < 0 {
		return in, nil
	}
	return jsontext.AppendUnquote(nil, v)
}

func (d scanner) string() (string, error) {
	b, err := d.text()
	return string(b), err
}

// raw reads any value and returns where it lies in the body.
func (d scanner) raw() (from, to int, err error) {
	v, err := d.dec.ReadValue()
	end := int(d.dec.InputOffset())
	return end - len(v), end, err
}
