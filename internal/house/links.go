package house

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Links finds links in Markdown files to a file of the repository, or to a heading in one, that is not there.
func Links(t *Tree) ([]Finding, error) {
	link := regexp.MustCompile(`\]\(([^()\s]+)(?:\s+"[^"]*")?\)`)
	code := regexp.MustCompile("`[^`]*`")
	var bad []Finding
	err := t.texts(func(name string, lines []string) {
		if path.Ext(name) != ".md" {
			return
		}
		fenced := false
		for i, line := range lines {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if fenced {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
				if why := t.dead(name, m[1]); why != "" {
					bad = append(bad, Finding{name, i + 1, "link", fmt.Sprintf("%s: %s", m[1], why)})
				}
			}
		}
	})
	return sorted(bad), err
}

// dead says why a link of a file leads nowhere, "" if it leads somewhere or out of the repository.
func (t *Tree) dead(name, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "is no address: " + err.Error()
	}
	if u.Scheme != "" || u.Host != "" {
		return ""
	}
	file := name
	if u.Path != "" {
		file = path.Join(path.Dir(name), u.Path)
	}
	if strings.HasPrefix(file, "..") || strings.HasPrefix(u.Path, "/") {
		return "leads out of the repository"
	}
	info, err := os.Stat(filepath.Join(t.Root, filepath.FromSlash(file)))
	if err != nil {
		return "there is no such file"
	}
	if u.Fragment == "" || info.IsDir() || path.Ext(file) != ".md" {
		return ""
	}
	text, err := t.read(file)
	if err != nil {
		return err.Error()
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "#") && anchor(line) == u.Fragment {
			return ""
		}
	}
	return "the file has no such heading"
}

// anchor makes of a heading what a reader's browser looks for: lower case, spaces as hyphens, no other punctuation.
func anchor(heading string) string {
	text := strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#")))
	text = regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(text, "")
	return strings.ReplaceAll(text, " ", "-")
}
