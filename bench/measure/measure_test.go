package measure_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gleis-dev/gleis/bench/measure"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		values []float64
		want   float64
	}{
		"none":              {nil, 0},
		"one":               {[]float64{3}, 3},
		"odd, unsorted":     {[]float64{9, 1, 5}, 5},
		"even: the mean":    {[]float64{4, 1, 2, 100}, 3},
		"an outlier is not": {[]float64{1, 1, 1, 1, 1e9}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := measure.Median(tc.values); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	figures := []measure.Figure{
		{What: "records a second", Value: 1234567.8},
		{Name: "speed", What: "ours over theirs", Value: 15.25, Ratio: true, Bound: measure.AtLeast, Want: 15},
		{Name: "allocs", What: "allocations", Value: 0.0214, Ratio: true, Bound: measure.AtMost, Want: 0.02},
		{Name: "requests", What: "requests", Value: 1, Bound: measure.AtMost, Want: 1},
	}
	var b bytes.Buffer
	if err := measure.Print(&b, figures); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"figure            measured   wanted",
		"records a second  1,234,568",
		"ours over theirs  15.2       at least 15   reached",
		"allocations       0.0214     at most 0.02  MISSED",
		"requests          1          at most 1     reached",
		"",
		"ratio speed 15.2",
		"ratio allocs 0.0214",
		"figure requests 1",
		"",
	}, "\n")
	var got []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		got = append(got, strings.TrimRight(line, " "))
	}
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestTurnsAlternateAndDropTheFirst(t *testing.T) {
	t.Parallel()
	var order string
	n := 0
	side := func(name string, factor int) func() (measure.Cost, error) {
		return func() (measure.Cost, error) {
			order += name
			n++
			return measure.Cost{Items: factor * n, Elapsed: time.Second}, nil
		}
	}
	as, bs, err := measure.Turns(2, side("a", 10), side("b", 1))
	if err != nil {
		t.Fatal(err)
	}
	if order != "ababab" {
		t.Errorf("order %s", order)
	}
	want := [2][]measure.Cost{{{Items: 30, Elapsed: time.Second}, {Items: 50, Elapsed: time.Second}}, {{Items: 4, Elapsed: time.Second}, {Items: 6, Elapsed: time.Second}}}
	if diff := cmp.Diff(want, [2][]measure.Cost{as, bs}); diff != "" {
		t.Error(diff)
	}
	if got, want := measure.Ratio(as, bs, measure.Cost.PerSecond), (30.0/4+50.0/6)/2; got != want {
		t.Errorf("ratio %v, want %v", got, want)
	}
}

func TestTurnsEndWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fine := func() (measure.Cost, error) { return measure.Cost{}, nil }
	if _, _, err := measure.Turns(3, fine, func() (measure.Cost, error) { return measure.Cost{}, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestAnswerWorksOnceForEachLine(t *testing.T) {
	t.Parallel()
	n := 0
	var out bytes.Buffer
	err := measure.Answer(strings.NewReader("\n\n\n"), &out, func() (any, error) {
		n++
		return n, nil
	})
	if err != nil || out.String() != "1\n2\n3\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
