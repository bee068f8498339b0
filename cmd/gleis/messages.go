package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/gleis-dev/gleis/sdk"
)

// messages collects errors and says each once: a wrong secret fails every
// process and every mailbox alike, and is one message.
type messages struct {
	list []message
}

type message struct {
	first string // where it appeared first
	text  string
	more  int // how often else
}

// add keeps err, which appeared at where.
func (m *messages) add(where string, err error) {
	text := gist(err)
	for i := range m.list {
		if m.list[i].text == text {
			m.list[i].more++
			return
		}
	}
	m.list = append(m.list, message{first: where, text: text})
}

// note keeps a remark about where.
func (m *messages) note(where, text string) {
	m.list = append(m.list, message{first: where, text: text})
}

// gist is what an error says without the place it appeared at, so that the same
// cause in two places reads the same.
func gist(err error) string {
	var e *sdk.Error
	if !errors.As(err, &e) {
		return plain(err.Error())
	}
	bare := *e
	bare.Op, bare.Object, bare.Partition, bare.Key = "", "", "", ""
	return plain(bare.Error())
}

// print writes one line for each message.
func (m *messages) print(w io.Writer) {
	for _, x := range m.list {
		where := x.first
		if x.more > 0 {
			where += fmt.Sprintf(" and %d more", x.more)
		}
		fmt.Fprintf(w, "gleis: %s: %s\n", where, x.text)
	}
}
