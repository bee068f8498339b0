package graphsim

import (
	"strings"
	"testing"
)

func TestACardKeepsItsPropertiesInOrder(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("ä", 40_000) + `"`
	var c card
	for _, f := range []struct {
		field uint8
		raw   string
	}{{7, `"seven"`}, {0, `"null"`}, {200, long}, {7, `[]`}, {3, `{"a":1}`}, {0, ""}, {9, ""}} {
		c = c.with(int(f.field), f.raw)
	}
	var order []int
	for i := range c.all() {
		order = append(order, i)
	}
	if len(order) != 3 || order[0] != 3 || order[1] != 7 || order[2] != 200 {
		t.Errorf("properties %v", order)
	}
	for field, want := range map[int]string{0: "", 3: `{"a":1}`, 5: "", 7: "[]", 200: long, 201: ""} {
		if got := c.get(field); got != want {
			t.Errorf("property %d is %.20s, want %.20s", field, got, want)
		}
	}
	if c = c.with(3, "").with(7, "").with(200, ""); c != "" {
		t.Errorf("an empty card has %d bytes", len(c))
	}
}
