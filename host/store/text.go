package store

import "slices"

// textList writes texts as a JSON list for json_each. Only what JSON requires is
// escaped, so that any bytes come back as they were.
func textList(list []string) string {
	n := 2
	for _, s := range list {
		n += len(s) + 3
	}
	b := make([]byte, 0, n)
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		for j := range len(s) {
			switch ch := s[j]; {
			case ch == '"' || ch == '\\':
				b = append(b, '\\', ch)
			case ch < 0x20:
				const hex = "0123456789abcdef"
				b = append(b, `\u00`...)
				b = append(b, hex[ch>>4], hex[ch&15])
			default:
				b = append(b, ch)
			}
		}
		b = append(b, '"')
	}
	return string(append(b, ']'))
}

// distinct returns list without repetitions, in order.
func distinct(list []string) []string {
	if len(list) < 2 {
		return list
	}
	seen := make(map[string]struct{}, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		_, twice := seen[s]
		seen[s] = struct{}{}
		return twice
	})
}
