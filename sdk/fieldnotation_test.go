package sdk_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/sdk"
)

func TestParseNotation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want sdk.Notation
		err  string // part of the error; "" means none
	}{
		"one pair":                     {in: "id|:|ABC|;|", want: sdk.Notation{{Name: "id", Value: "ABC"}}},
		"order is kept":                {in: "b|:|1|;|a|:|2|;|", want: sdk.Notation{{Name: "b", Value: "1"}, {Name: "a", Value: "2"}}},
		"a value may be empty":         {in: "id|:||;|", want: sdk.Notation{{Name: "id"}}},
		"a value may end with a bar":   {in: "id|:|a||;|", want: sdk.Notation{{Name: "id", Value: "a|"}}},
		"a value may hold quotes":      {in: "id|:|O'Neil/..%2F|;|", want: sdk.Notation{{Name: "id", Value: "O'Neil/..%2F"}}},
		"names are told apart by case": {in: "id|:|1|;|ID|:|2|;|", want: sdk.Notation{{Name: "id", Value: "1"}, {Name: "ID", Value: "2"}}},
		"empty text":                   {in: "", err: "position 0: it is empty"},
		"only a separator":             {in: "|;|", err: "position 0: a pair without |:|"},
		"empty name":                   {in: "|:|x|;|", err: "position 0: an empty name"},
		"last pair not ended":          {in: "id|:|ABC", err: "position 8: the last pair is not ended"},
		"second separator":             {in: "id|:|a|:|b|;|", err: "position 6: a second |:|"},
		"name twice":                   {in: "id|:|1|;|id|:|2|;|", err: `position 9: the name "id" is given twice`},
		"blank around a name":          {in: " id|:|1|;|", err: "blanks around"},
		"control in a name":            {in: "i\x01d|:|1|;|", err: "control character"},
		"zero byte in a value":         {in: "id|:|\x00|;|", err: "zero byte"},
		"not UTF-8":                    {in: "id|:|\xff|;|", err: "position 5: it is not valid UTF-8"},
		"too long":                     {in: "id|:|" + strings.Repeat("x", sdk.MaxNotation) + "|;|", err: "longer than 65536"},
		"too many pairs":               {in: pairs(65), err: "more than 64 pairs"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sdk.ParseNotation(tc.in)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || sdk.KindOf(err) != sdk.Invalid {
					t.Fatalf("error %v, want one of kind invalid with %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestMostPairsAreTaken(t *testing.T) {
	t.Parallel()
	n, err := sdk.ParseNotation(pairs(sdk.MaxPairs))
	if err != nil || len(n) != sdk.MaxPairs {
		t.Fatalf("%d pairs, error %v", len(n), err)
	}
}

func TestFormatRefusesWhatWouldNotParseBack(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]sdk.Notation{
		"end inside a value":       {{Name: "a", Value: "x|;|y"}},
		"value that forms an end":  {{Name: "a", Value: "x|;"}},
		"separator inside a value": {{Name: "a", Value: "x|:|y"}},
		"separator inside a name":  {{Name: "a|:|b", Value: "x"}},
		"empty name":               {{Name: "", Value: "x"}},
		"name twice":               {{Name: "a", Value: "1"}, {Name: "a", Value: "2"}},
		"a pair inside a value":    {{Name: "a", Value: "1|;|b|:|2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s, err := n.Format(); err == nil {
				t.Fatalf("formatted as %q", s)
			}
		})
	}
}

// FuzzNotation holds the law Format(ParseNotation(x)) = x, and its reverse.
func FuzzNotation(f *testing.F) {
	for _, s := range []string{"", "id|:|ABC|;|", "id|:|a|;|user|:|b@c|;|", "|:||;|", "a|:|b|:|c|;|", "a|:|x|;|;|"} {
		f.Add(s, "name", "value")
	}
	f.Fuzz(func(t *testing.T, s, name, value string) {
		if n, err := sdk.ParseNotation(s); err == nil {
			back, err := n.Format()
			if err != nil || back != s {
				t.Fatalf("%q came back as %q, error %v", s, back, err)
			}
		}
		n := sdk.Notation{{Name: name, Value: value}}
		if text, err := n.Format(); err == nil {
			back, err := sdk.ParseNotation(text)
			if err != nil || !cmp.Equal(n, back) || !utf8.ValidString(text) {
				t.Fatalf("%v became %q and came back as %v, error %v", n, text, back, err)
			}
		}
	})
}

func pairs(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("k" + strings.Repeat("x", i) + "|:|v|;|")
	}
	return b.String()
}
