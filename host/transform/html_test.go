package transform_test

import (
	"html"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/gleis-dev/gleis/host/transform"
)

func TestHTMLToText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, want string }{
		"plain text stays":               {"a  b\n\n\n c\t", "a  b\n\n\n c\t"},
		"plain text with less and and":   {"a < b && c > d, x<3, <3, AT&T", "a < b && c > d, x<3, <3, AT&T"},
		"plain text with an address":     {"mail <a@b.example> now", "mail <a@b.example> now"},
		"plain line ends":                {"a\r\nb\rc", "a\nb\nc"},
		"plain text with entities":       {"Tom &amp; Jerry\n&lt;3", "Tom & Jerry\n<3"},
		"empty":                          {"", ""},
		"only tags":                      {"<p></p><div><br></div>", ""},
		"paragraphs":                     {"<p>a</p><p>b</p>\n\n<p>c</p>", "a\n\nb\n\nc"},
		"divisions":                      {"<div>a</div><div>b</div>", "a\nb"},
		"a blank line of Outlook":        {"<div>a</div><div><br></div><div>b</div>", "a\n\nb"},
		"line breaks":                    {"a<br>b<br/>c<br><br>d<br><br><br><br>e", "a\nb\nc\n\nd\n\ne"},
		"blanks run together":            {"<p>  a \n\t b&nbsp;&nbsp;c </p>", "a b c"},
		"inline elements":                {"<p>a<b>b</b> <i>c</i><span> d</span></p>", "ab c d"},
		"a list":                         {"<p>x</p><ul><li>a</li><li>b<br>c</li></ul><p>y</p>", "x\n\n- a\n- b\n  c\n\ny"},
		"an ordered list":                {"<ol><li>a</li><li><p>b</p></li></ol>", "1. a\n2. b"},
		"lists within lists":             {"<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>", "- a\n  1. b\n  2. c\n- d"},
		"list items without a list":      {"<li>a<li>b", "- a\n- b"},
		"a link":                         {`<a href="https://x.example/y">here</a>!`, "here (https://x.example/y)!"},
		"a link that shows its address":  {`<a href="https://x.example/">x.example</a>`, "x.example"},
		"a link without text":            {`<a href="https://x.example/"><img src=x></a>`, "https://x.example/"},
		"a mail address":                 {`<a href="mailto:a@b.example">a@b.example</a> <a href="mailto:a@b.example">A</a>`, "a@b.example A (mailto:a@b.example)"},
		"a script link":                  {`<a href="javascript:alert(1)">x</a> <a href="#top">y</a>`, "x y"},
		"entities":                       {"<p>&auml;&#252;&#x20AC; &lt;b&gt; &copy; &unknown;</p>", "äü€ <b> © &unknown;"},
		"scripts and styles":             {"<style>p{a:b}</style><p>a</p><script>if (1<2) document.write('<p>x</p>')</script><noscript>n</noscript>b", "a\n\nb"},
		"a document":                     {"<!DOCTYPE html><html><head><title>T</title><meta charset=utf-8><style>x</style></head><body>\n<p>a</p></body></html>", "a"},
		"a head that is not ended":       {"<html><head><meta x><body>a", "a"},
		"comments":                       {"a<!-- <p>x</p> -->b<!--[if mso]>y<![endif]-->", "ab"},
		"Office paragraphs":              {"<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p>", "a\n\nb"},
		"a table":                        {"<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td></td><td>3</td></tr></table>x", "a | b\n1 | 3\n\nx"},
		"a table for layout":             {"<table><tr><td><table><tr><td>a</td></tr></table></td></tr></table>", "a"},
		"preformatted":                   {"<pre>a\n  b\n\n\nc</pre>d", "a\n  b\n\n\nc\n\nd"},
		"a heading and a line":           {"<h1>a</h1>b<hr>c", "a\n\nb\n---\nc"},
		"a picture":                      {`a <img alt="logo" src=x> b`, "a logo b"},
		"upper case, unquoted, unclosed": {"<P>a<P>b<A HREF=https://x.example>c", "a\n\nbc"},
		"broken tags":                    {"<p>a < b <p", "a < b"},
		"an attribute with >":            {`<p title="a>b">c</p>`, "c"},
		"a form":                         {"<select><option>a</option></select><textarea>b</textarea>c<br>", "c"},
		"invisible in a self-closed tag": {"<p/>a<script/>b", "a"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := transform.HTMLToText(tc.in); got != tc.want {
				t.Errorf("\n got %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestHTMLToTextLaws: plain text passes unchanged however often; escaped text
// comes back; whatever the HTML, the text is the same twice, has no blank at a
// line's end and no three line breaks in a row.
func TestHTMLToTextLaws(t *testing.T) {
	t.Parallel()
	pieces := []string{"<p>", "</p>", "<div>", "</div>", "<br>", "<ul>", "</ul>", "<ol>", "<li>", "</li>", "<a href='https://x.example'>", "</a>", "<script>", "</script>", "<head>", "</head>", "<body>", "<td>", "</td>", "<tr>", "<b>", "</b>", "&nbsp;", "&amp;", " ", "\n", "word", "ü", "<!-- c -->", "<", "&", "<![CDATA[x]]>", "<svg/>"}
	rapid.Check(t, func(r *rapid.T) {
		plain := strings.Map(func(c rune) rune {
			if strings.ContainsRune("<&\r", c) {
				return '.'
			}
			return c
		}, rapid.String().Draw(r, "plain"))
		if got := transform.HTMLToText(plain); got != plain {
			r.Fatalf("plain %q became %q", plain, got)
		}
		words := strings.Join(strings.FieldsFunc(plain, func(c rune) bool { return unicode.IsSpace(c) || c == 0 }), " ") + "<&>"
		if got := transform.HTMLToText("<p>" + html.EscapeString(words) + "</p>"); got != words {
			r.Fatalf("escaped %q became %q", words, got)
		}
		in := "<p>" + strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(r, "html"), "")
		got := transform.HTMLToText(in)
		if got != transform.HTMLToText(in) {
			r.Fatalf("%q is not stable", in)
		}
		if strings.Contains(got, "\n\n\n") || strings.Contains(got, " \n") || strings.TrimSpace(got) != got && got != "" && !strings.HasPrefix(got, "  ") {
			r.Fatalf("%q became %q", in, got)
		}
	})
}

// FuzzHTMLToText: no text makes it panic, and the result does not grow beyond
// what addresses and list marks add.
func FuzzHTMLToText(f *testing.F) {
	for _, s := range []string{"", "a", "<p>a", "<ul><li>a<ul><li>b", "<a href=https://x>y</a>", "<pre>\n\n\n", "<head><body>", "</p></ul></a></td>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := transform.HTMLToText(s); len(got) > 40*len(s)+64 {
			t.Fatalf("%d bytes became %d", len(s), len(got))
		}
	})
}
