package graphsim

import (
	"html"
	"strings"
)

// htmlToText strips tags, turning breaks and blocks into lines.
func htmlToText(s string) string {
	if i := strings.Index(s, "<body"); i >= 0 {
		s = s[i:]
	}
	var b strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:open])
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			break
		}
		tag := strings.ToLower(strings.TrimLeft(s[open+1:open+end], "/"))
		for _, block := range []string{"br", "p", "div", "li", "tr"} {
			if (tag == block || strings.HasPrefix(tag, block+" ") || strings.HasPrefix(tag, block+"/")) && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
				b.WriteByte('\n')
			}
		}
		s = s[open+end+1:]
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}

// textToHTML is how Exchange stores a body that came as text.
func textToHTML(s string) string {
	return "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>" +
		strings.ReplaceAll(html.EscapeString(s), "\n", "<br>") + "</body></html>"
}

// previewOf is the first 255 characters of a body as text.
func previewOf(htmlBody string) text {
	runes := []rune(htmlToText(htmlBody))
	return quote(string(runes[:min(len(runes), 255)]))
}
