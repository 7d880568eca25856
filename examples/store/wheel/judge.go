package wheel

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Verdict is how the experiments of many seeds stand to the truth.
type Verdict struct {
	Seeds int
	// Truth is that of each feature, Units and Width what an experiment has on average: its
	// units, and half the width of its interval.
	Truth [features]Truth
	Units [features]float64
	Width [features]float64
	// Covered is in how many seeds the fixed-horizon interval holds the truth, Found in how
	// many it excludes 0, Sequence in how many every look of the confidence sequence holds it.
	Covered, Found, Sequence [features]int
	// Bias and Spread are mean and deviation of (estimate - truth)/standard error.
	Bias, Spread [features]float64
}

// Judge runs the experiments of seeds from..from+n-1, all at once in each, and compares what they
// say with the truth.
func Judge(ctx context.Context, c Config, truth [features]Truth, from uint64, n int) (v Verdict, err error) {
	c.measured = true
	all := make([][features]Reading, n)
	err = each(ctx, n, func(i int) error {
		w, err := live(c, from+uint64(i))
		if err == nil {
			all[i], err = w.readings()
		}
		return err
	})
	v.Seeds, v.Truth = n, truth
	for f := range features {
		var z []float64
		for i := range all {
			r, t := &all[i][f], truth[f].Effect
			v.Units[f] += float64(r.Units) / float64(n)
			v.Width[f] += (r.Upper - r.Lower) / 2 / float64(n)
			if r.Lower <= t && t <= r.Upper {
				v.Covered[f]++
			}
			if r.Lower > 0 || r.Upper < 0 {
				v.Found[f]++
			}
			holds := true
			for _, l := range r.Looks {
				holds = holds && l.Lower <= t && t <= l.Upper
			}
			if holds {
				v.Sequence[f]++
			}
			z = append(z, (r.Estimate-t)/r.Error)
		}
		mean, se := meanAndError(z)
		v.Bias[f], v.Spread[f] = mean, se*math.Sqrt(float64(n))
	}
	return v, err
}

// Misses lists what 200 seeds are held to and these do not meet, in proportion to their number: the
// truth is inside in 90.5 to 99 of a hundred fixed intervals, the standardized error is within a
// quarter on average, a feature is found in 80 of a hundred and the twins in 1 to 9.5, the
// confidence sequence covers in 90.5, and the truth is known to a tenth of the half-width.
func (v *Verdict) Misses() (list []string) {
	miss := func(f Feature, format string, args ...any) {
		list = append(list, f.String()+": "+fmt.Sprintf(format, args...))
	}
	share := func(per200 float64) float64 { return per200 * float64(v.Seeds) / 200 }
	for f := range features {
		if n := float64(v.Covered[f]); n < share(181) || n > share(198) {
			miss(f, "covered in %d of %d", v.Covered[f], v.Seeds)
		}
		if !(math.Abs(v.Bias[f]) <= 0.25) {
			miss(f, "standardized error %.2f", v.Bias[f])
		}
		if n := float64(v.Found[f]); f == Twins && (n < share(2) || n > share(19)) {
			miss(f, "found in %d of %d", v.Found[f], v.Seeds)
		} else if f != Twins && n < share(160) {
			miss(f, "found in %d of %d", v.Found[f], v.Seeds)
		}
		if float64(v.Sequence[f]) < share(181) {
			miss(f, "sequence covers in %d of %d", v.Sequence[f], v.Seeds)
		}
		if !(v.Truth[f].Error <= v.Width[f]/10) {
			miss(f, "Monte-Carlo error %.3f of a half-width of %.3f", v.Truth[f].Error, v.Width[f])
		}
		if truth := float64(v.Truth[f].Units); truth < 50*v.Units[f] {
			miss(f, "truth from %.0f units", truth)
		}
	}
	return list
}

// Table is what was found of each feature, with its head.
func (v *Verdict) Table() [][]string {
	rows := [][]string{strings.Split("feature,units,without,truth,± MC,%,all against none,interference,half-width,covered,bias,spread,found,sequence", ",")}
	for f := range features {
		r := v.Truth[f]
		rows = append(rows, strings.Split(fmt.Sprintf("%s\t%.0f\t%.3f\t%.3f\t%.3f\t%+.1f\t%.3f ± %.3f\t%+.3f\t%.3f\t%d/%d\t%+.2f\t%.2f\t%d\t%d", f, v.Units[f], r.Without, r.Effect, r.Error, 100*r.Effect/r.Without,
			r.Whole, r.WholeError, r.Whole-r.Effect, v.Width[f], v.Covered[f], v.Seeds, v.Bias[f], v.Spread[f], v.Found[f], v.Sequence[f]), "\t"))
	}
	return rows
}

// Write writes the table.
func (v *Verdict) Write(to io.Writer) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range v.Table() {
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
	return t.Flush()
}
