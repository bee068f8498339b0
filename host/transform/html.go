package transform

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/gleis-dev/gleis/host/process"
)

// htmlToText turns the HTML of a field into text, as HTMLToText does. Missing
// and null stay as they are.
func htmlToText(r process.Rule) func(*scanner, *node) error {
	from, to := split(r.Args["from"]), target(r)
	return func(s *scanner, root *node) error {
		c, err := root.cell(s, from)
		switch {
		case err != nil:
			return err
		case c.wrong:
			return fmt.Errorf("%s leads through %s", r.Args["from"], shapeOf(c.raw))
		case c.raw == nil:
			return nil
		case c.isNull():
			return root.set(s, to, c.raw)
		case c.raw[0] != '"':
			return fmt.Errorf("%s is %s, not a text", r.Args["from"], shapeOf(c.raw))
		}
		v, err := textOf(c.raw)
		if err != nil {
			return err
		}
		quoted, err := appendText(nil, HTMLToText(v))
		if err != nil {
			return err
		}
		return root.set(s, to, quoted)
	}
}

// markup is what makes a text HTML: a tag, a comment or a doctype.
var markup = regexp.MustCompile(`(?i)<(/?[a-z][a-z0-9]*(:[a-z]+)?(\s[^<>]*)?/?>|!--|!doctype)`)

// HTMLToText returns the readable text of an HTML document or fragment:
// paragraphs are parted by an empty line, line breaks stay, list items begin with
// "- " or their number, cells of a row are parted by " | ", links are followed by
// their address in parentheses, entities are resolved. Scripts, styles and the
// head are left out.
//
// A text without a tag is no HTML: its line breaks stay and only entities are
// resolved, so that plain text comes out as it went in (line ends as "\n"). Equal
// texts give equal texts.
func HTMLToText(s string) string {
	if !markup.MatchString(s) {
		return html.UnescapeString(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
	}
	w := textWriter{}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; a reader of a string has no other error
			return w.done()
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken:
			t := z.Token()
			w.begin(t)
		case html.SelfClosingTagToken:
			t := z.Token()
			w.begin(t)
			if !isVoid(t.DataAtom) && !isHidden(t.DataAtom) {
				w.end(t)
			}
		case html.EndTagToken:
			w.end(z.Token())
		}
	}
}

// textWriter lays text out.
type textWriter struct {
	b      strings.Builder
	breaks int    // line breaks due before the next text
	blank  bool   // a blank is due before the next text
	cell   bool   // the mark between cells is due before the next text
	marker string // of the list item that begins with the next text
	hidden []atom.Atom
	pre    int
	lists  []list
	links  []link
}

type list struct {
	ordered bool
	n       int
}

type link struct {
	href  string
	start int
}

func isHidden(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Head, atom.Template, atom.Noscript, atom.Svg, atom.Math, atom.Object, atom.Iframe, atom.Select, atom.Textarea, atom.Title:
		return true
	}
	return false
}

func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Hr, atom.Img, atom.Input, atom.Meta, atom.Link, atom.Base, atom.Col, atom.Wbr, atom.Area, atom.Embed, atom.Source, atom.Track:
		return true
	}
	return false
}

// apart returns how many line breaks part an element from what is around it: 2
// leave an empty line.
func apart(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Blockquote, atom.Pre, atom.Dl:
		return 2
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Form, atom.Fieldset,
		atom.Address, atom.Tr, atom.Dt, atom.Dd, atom.Figure, atom.Figcaption, atom.Center, atom.Body, atom.Html, atom.Caption, atom.Details, atom.Summary:
		return 1
	}
	return 0
}

func (w *textWriter) begin(t html.Token) {
	a := t.DataAtom
	if n := len(w.hidden); n > 0 {
		switch {
		case a == atom.Body && w.hidden[n-1] == atom.Head:
			w.hidden = w.hidden[:n-1] // a head that was not ended
		case a == w.hidden[n-1]:
			w.hidden = append(w.hidden, a)
			return
		default:
			return
		}
	}
	if isHidden(a) {
		w.hidden = append(w.hidden, a)
		return
	}
	if w.marker == "" { // else a paragraph begins a list item
		w.part(w.apart(a))
	}
	switch a {
	case atom.Br:
		w.breaks++
		w.blank, w.cell = false, false
	case atom.Hr:
		w.part(1)
		w.word("---")
		w.part(1)
	case atom.Img:
		w.text(attr(t, "alt"))
	case atom.Pre:
		w.pre++
	case atom.Ul, atom.Ol:
		w.part(w.around())
		w.lists = append(w.lists, list{ordered: a == atom.Ol})
	case atom.Li:
		w.item()
	case atom.A:
		w.links = append(w.links, link{attr(t, "href"), w.b.Len()})
	}
}

func (w *textWriter) end(t html.Token) {
	a := t.DataAtom
	if n := len(w.hidden); n > 0 {
		if a == w.hidden[n-1] {
			w.hidden = w.hidden[:n-1]
		}
		return
	}
	switch a {
	case atom.Pre:
		w.pre = max(0, w.pre-1)
	case atom.Ul, atom.Ol:
		if n := len(w.lists); n > 0 {
			w.lists = w.lists[:n-1]
		}
		w.marker = ""
		w.part(w.around())
	case atom.Li:
		w.part(1)
	case atom.Td, atom.Th:
		w.cell = true
	case atom.A:
		w.address()
	}
	w.part(w.apart(a))
}

// apart is closer within a list.
func (w *textWriter) apart(a atom.Atom) int {
	if len(w.lists) > 0 {
		return min(1, apart(a))
	}
	return apart(a)
}

// around is how far a list is parted from what is around it.
func (w *textWriter) around() int {
	if len(w.lists) == 0 {
		return 2
	}
	return 1
}

func (w *textWriter) item() {
	w.part(1)
	w.marker = "- "
	if n := len(w.lists); n > 0 && w.lists[n-1].ordered {
		w.lists[n-1].n++
		w.marker = strconv.Itoa(w.lists[n-1].n) + ". "
	}
}

// address writes where a link leads, unless its text says so.
func (w *textWriter) address() {
	n := len(w.links)
	if n == 0 {
		return
	}
	l := w.links[n-1]
	w.links = w.links[:n-1]
	scheme, rest, ok := strings.Cut(l.href, ":")
	if !ok {
		return
	}
	switch strings.ToLower(scheme) {
	case "http", "https":
		rest = strings.TrimPrefix(rest, "//")
	case "mailto", "tel":
	default:
		return // nothing a reader could follow, or should
	}
	shown := strings.TrimSpace(w.b.String()[l.start:])
	bare := func(s string) string {
		return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "http://"), "https://"), "/")
	}
	switch {
	case shown == "":
		w.word(l.href)
	case bare(shown) == bare(l.href) || shown == rest:
	default:
		w.blank = true
		w.word("(" + l.href + ")")
	}
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// part asks for at least n line breaks before the next text.
func (w *textWriter) part(n int) {
	if n > 0 {
		w.breaks = max(w.breaks, n)
		w.blank, w.cell = false, false
	}
}

// text writes running text: blanks of any kind run together, except within pre.
func (w *textWriter) text(s string) {
	if len(w.hidden) > 0 {
		return
	}
	start := -1
	for i, r := range s {
		if !unicode.IsSpace(r) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			w.word(s[start:i])
			start = -1
		}
		switch {
		case w.pre > 0 && r == '\n':
			w.breaks++
			w.blank = false
		case w.pre > 0 && r != '\r':
			w.word(" ")
		default:
			w.blank = true
		}
	}
	if start >= 0 {
		w.word(s[start:])
	}
}

// word writes what has no blanks to run together, after what is due before it.
func (w *textWriter) word(s string) {
	fresh := w.b.Len() == 0
	switch {
	case !fresh && w.breaks > 0:
		most := 2
		if w.pre > 0 {
			most = w.breaks
		}
		w.b.WriteString(strings.Repeat("\n", min(w.breaks, most)))
		fresh = true
	case !fresh && w.cell:
		w.b.WriteString(" | ")
	case !fresh && w.blank:
		w.b.WriteByte(' ')
	}
	if depth := min(len(w.lists), 16); fresh && depth > 0 {
		if w.marker != "" {
			depth--
		}
		w.b.WriteString(strings.Repeat("  ", depth))
	}
	w.b.WriteString(w.marker)
	w.marker, w.breaks, w.blank, w.cell = "", 0, false, false
	w.b.WriteString(s)
}

// done returns the text without blanks at the ends of lines.
func (w *textWriter) done() string {
	lines := strings.Split(w.b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
