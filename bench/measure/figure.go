package measure

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Bound says in which direction a figure is to be reached.
type Bound uint8

const (
	Free    Bound = iota // nothing is wanted of it: it explains the others
	AtLeast              // the value must not be lower than Want
	AtMost               // the value must not be higher than Want
)

// Figure is one measured value.
type Figure struct {
	Name  string // lower case with hyphens; "" where Bound is Free
	What  string // for people: what was measured, with its unit
	Value float64
	Bound Bound
	Want  float64
	Ratio bool // one value over another of the same run; without a unit
}

// Reached reports whether the value is what is wanted.
func (f Figure) Reached() bool {
	switch f.Bound {
	case AtLeast:
		return f.Value >= f.Want
	case AtMost:
		return f.Value <= f.Want
	case Free:
	}
	return true
}

// String is the value in as many digits as are worth reading: whole numbers
// from 1,000 on, otherwise three digits.
func (f Figure) String() string { return digits(f.Value) }

func digits(v float64) string {
	if v >= 1000 || v <= -1000 {
		s := strconv.FormatFloat(v, 'f', 0, 64)
		for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	}
	return plain(v)
}

// plain is v without separators, in at least three digits.
func plain(v float64) string {
	if v >= 100 || v <= -100 || v == 0 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Print writes the table of all figures and, for those that something is wanted
// of, a line `ratio NAME VALUE` or `figure NAME VALUE`.
func Print(w io.Writer, figures []Figure) error {
	if len(figures) == 0 {
		return nil
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tmeasured\twanted\t")
	for _, f := range figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", f.What, f, f.wanted(), f.verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	b.WriteByte('\n')
	for _, f := range figures {
		switch {
		case f.Bound == Free:
		case f.Ratio:
			fmt.Fprintf(&b, "ratio %s %s\n", f.Name, plain(f.Value))
		default:
			fmt.Fprintf(&b, "figure %s %s\n", f.Name, plain(f.Value))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f Figure) wanted() string {
	switch f.Bound {
	case AtLeast:
		return "at least " + digits(f.Want)
	case AtMost:
		return "at most " + digits(f.Want)
	case Free:
	}
	return ""
}

func (f Figure) verdict() string {
	switch {
	case f.Bound == Free:
		return ""
	case f.Reached():
		return "reached"
	}
	return "MISSED"
}

// Median returns the middle of the values, the mean of the two middle ones where
// their number is even, and 0 without any.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
