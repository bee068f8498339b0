package house

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const maxText = 1 << 20 // bytes; what is bigger is data, not something a person wrote

// texts yields the text files that people write, with their lines.
func (t *Tree) texts(visit func(name string, lines []string)) error {
	for _, name := range t.Files {
		if under(name, "internal/house/testdata") || name == "go.sum" || strings.HasSuffix(name, "/go.sum") {
			continue // the bad samples of these very rules, and sums
		}
		text, err := t.read(name)
		if err != nil {
			return err
		}
		if len(text) <= maxText && utf8.Valid(text) && !bytes.ContainsRune(text, 0) {
			visit(name, strings.Split(string(text), "\n"))
		}
	}
	return nil
}

// Leftovers finds notes to oneself, and what belongs to one machine: its paths and the hosts it fetches packages from.
// hosts are further host names that may not stand in a file.
func Leftovers(t *Tree, hosts []string) ([]Finding, error) {
	note := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)
	folder := regexp.MustCompile("(^|[\\s\"'`=(:,])/(work|root|farm|home|Users)/")
	host := regexp.MustCompile(`\b(proxy\.golang|sum\.golang|registry\.npmjs|registry\.yarnpkg|deb\.debian|archive\.ubuntu|security\.debian)\.[a-z]+\b|https?://(proxy|registry|deb|sum)\.`)
	var bad []Finding
	err := t.texts(func(name string, lines []string) {
		for i, line := range lines {
			if m := note.FindString(line); m != "" {
				bad = append(bad, Finding{name, i + 1, "leftover", m + ": finish it, or say in the text what is not there"})
			}
			if m := folder.FindString(line); m != "" {
				bad = append(bad, Finding{name, i + 1, "machine", "path of one machine (" + strings.TrimLeft(m, " \t\"'`=(:,") + "): it exists nowhere else"})
			}
			known := slices.ContainsFunc(hosts, func(h string) bool { return strings.Contains(line, h) })
			if known || host.MatchString(line) {
				bad = append(bad, Finding{name, i + 1, "machine", "host of a package registry: each machine has its own, configured outside of the repository"})
			}
		}
	})
	return sorted(bad), err
}

// ProxyHosts returns the hosts of the module proxies that this machine uses.
func ProxyHosts(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOPROXY").Output()
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, m := range regexp.MustCompile(`https?://(?:[^@/,|\s]*@)?([a-zA-Z][^/:,|\s]*\.[^/:,|\s]+)`).FindAllStringSubmatch(string(out), -1) {
		hosts = append(hosts, m[1])
	}
	return hosts, nil
}
