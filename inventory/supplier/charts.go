package supplier

import (
	"fmt"
	"math"
)

// Band is a center line with its limits, three standard deviations away.
type Band struct {
	Center, Lower, Upper float64
}

// out appends the indices of the values beyond the band.
func (b Band) out(values []float64) []int {
	out := []int{}
	for i, v := range values {
		if v < b.Lower || v > b.Upper {
			out = append(out, i)
		}
	}
	return out
}

// SampleChart is a chart of sample means with one of their spread.
type SampleChart struct {
	// Mean has the limits of the sample means, Spread of the ranges or standard
	// deviations.
	Mean, Spread Band
	// Sigma is the estimated standard deviation of a single value.
	Sigma float64
	// Means and Spreads are the points.
	Means, Spreads []float64
	// Out and SpreadOut are the indices of the points beyond their limits.
	Out, SpreadOut []int
}

func checkGroups(groups [][]float64) (ChartConstants, error) {
	if len(groups) < 2 {
		return ChartConstants{}, refuse("number of samples", len(groups), ErrRange)
	}
	n := len(groups[0])
	c, err := ConstantsFor(n)
	if err != nil {
		return ChartConstants{}, err
	}
	for i, g := range groups {
		if len(g) != n {
			return ChartConstants{}, refuse(fmt.Sprintf("size of groups[%d]", i), len(g), ErrInput)
		}
		for j, x := range g {
			if !(x >= -1e100 && x <= 1e100) {
				return ChartConstants{}, refuse(fmt.Sprintf("groups[%d][%d]", i, j), x, ErrRange)
			}
		}
	}
	return c, nil
}

func meanOf(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// XBarR makes the chart of means and ranges of samples of equal size, 2 to 1000:
// sigma is the mean range over d2. Montgomery (2013), 6.2.
func XBarR(groups [][]float64) (SampleChart, error) {
	c, err := checkGroups(groups)
	if err != nil {
		return SampleChart{}, err
	}
	var chart SampleChart
	for _, g := range groups {
		low, high := g[0], g[0]
		for _, x := range g {
			low, high = math.Min(low, x), math.Max(high, x)
		}
		chart.Means = append(chart.Means, meanOf(g))
		chart.Spreads = append(chart.Spreads, high-low)
	}
	r := meanOf(chart.Spreads)
	chart.Sigma = r / c.D2
	chart.Spread = Band{r, float64(c.D3 * r), float64(c.D4 * r)}
	chart.finish(c)
	return chart, nil
}

// XBarS makes the chart of means and standard deviations: sigma is the mean
// standard deviation over c4. Montgomery (2013), 6.3.
func XBarS(groups [][]float64) (SampleChart, error) {
	c, err := checkGroups(groups)
	if err != nil {
		return SampleChart{}, err
	}
	var chart SampleChart
	for _, g := range groups {
		mean, sd := meanSD(g)
		chart.Means = append(chart.Means, mean)
		chart.Spreads = append(chart.Spreads, sd)
	}
	s := meanOf(chart.Spreads)
	chart.Sigma = s / c.C4
	chart.Spread = Band{s, float64(c.B3 * s), float64(c.B4 * s)}
	chart.finish(c)
	return chart, nil
}

func (s *SampleChart) finish(c ChartConstants) {
	center, reach := meanOf(s.Means), float64(c.A*s.Sigma)
	s.Mean = Band{center, center - reach, center + reach}
	s.Out, s.SpreadOut = s.Mean.out(s.Means), s.Spread.out(s.Spreads)
}

// IndividualsChart is a chart of single values with one of moving ranges.
type IndividualsChart struct {
	Value, Range Band
	// Sigma is the mean moving range over d2(2).
	Sigma float64
	// Out are the values beyond their limits, RangeOut the moving ranges, each by
	// the index of the later value.
	Out, RangeOut []int
}

// Individuals makes the chart of at least two single values. Montgomery (2013),
// 6.4.
func Individuals(values []float64) (IndividualsChart, error) {
	if len(values) < 2 {
		return IndividualsChart{}, refuse("number of values", len(values), ErrRange)
	}
	for i, x := range values {
		if err := indexed("values", i, x, -1e100, 1e100); err != nil {
			return IndividualsChart{}, err
		}
	}
	c, err := ConstantsFor(2)
	if err != nil {
		return IndividualsChart{}, err
	}
	ranges := make([]float64, len(values)-1)
	for i := range ranges {
		ranges[i] = math.Abs(values[i+1] - values[i])
	}
	mr := meanOf(ranges)
	chart := IndividualsChart{Sigma: mr / c.D2, Range: Band{mr, 0, float64(c.D4 * mr)}}
	center := meanOf(values)
	chart.Value = Band{center, center - 3*chart.Sigma, center + 3*chart.Sigma}
	chart.Out = chart.Value.out(values)
	chart.RangeOut = chart.Range.out(ranges)
	for i := range chart.RangeOut {
		chart.RangeOut[i]++
	}
	return chart, nil
}

// CountChart is a chart of counts or rates with limits for each point.
type CountChart struct {
	Center       float64
	Lower, Upper []float64
	// Points are what is charted: fractions, counts or rates.
	Points []float64
	Out    []int
}

func (c *CountChart) add(point, sd float64) {
	lower, upper := math.Max(0, c.Center-3*sd), c.Center+3*sd
	if point < lower || point > upper {
		c.Out = append(c.Out, len(c.Points))
	}
	c.Points, c.Lower, c.Upper = append(c.Points, point), append(c.Lower, lower), append(c.Upper, upper)
}

func checkCounts(name string, counts, sizes []float64, most func(i int) float64) (total, units float64, err error) {
	if len(counts) == 0 {
		return 0, 0, refuse("number of points", 0, ErrRange)
	}
	if sizes != nil && len(sizes) != len(counts) {
		return 0, 0, refuse("number of sizes", len(sizes), ErrInput)
	}
	for i, k := range counts {
		if err := indexed(name, i, k, 0, most(i)); err != nil {
			return 0, 0, err
		}
		total += k
		if sizes != nil {
			if !(sizes[i] > 0 && sizes[i] <= 1e15) {
				return 0, 0, refuse(fmt.Sprintf("sizes[%d]", i), sizes[i], ErrRange)
			}
			units += sizes[i]
		}
	}
	return total, units, nil
}

func unbounded(int) float64 { return 1e15 }

// PChart charts fractions defective of samples of any size: limits are
// p ± 3·√(p(1-p)/n) for each point, cut at 0. Montgomery (2013), 7.2.
func PChart(defectives, sizes []float64) (CountChart, error) {
	total, units, err := checkCounts("defectives", defectives, sizes, func(i int) float64 { return sizes[i] })
	if err != nil {
		return CountChart{}, err
	}
	c := CountChart{Center: total / units, Out: []int{}}
	for i, d := range defectives {
		c.add(d/sizes[i], math.Sqrt(float64(c.Center*(1-c.Center))/sizes[i]))
	}
	return c, nil
}

// NPChart charts numbers of defectives in samples of one size n: limits are
// n·p ± 3·√(n·p(1-p)). Montgomery (2013), 7.2.1.
func NPChart(defectives []float64, n float64) (CountChart, error) {
	if !(n > 0 && n <= 1e15) {
		return CountChart{}, refuse("sample size", n, ErrRange)
	}
	total, _, err := checkCounts("defectives", defectives, nil, func(int) float64 { return n })
	if err != nil {
		return CountChart{}, err
	}
	c := CountChart{Center: total / float64(len(defectives)), Out: []int{}}
	for _, d := range defectives {
		c.add(d, math.Sqrt(c.Center*(1-c.Center/n)))
	}
	return c, nil
}

// CChart charts numbers of defects on equal units: limits are c ± 3·√c.
// Montgomery (2013), 7.3.1.
func CChart(defects []float64) (CountChart, error) {
	total, _, err := checkCounts("defects", defects, nil, unbounded)
	if err != nil {
		return CountChart{}, err
	}
	c := CountChart{Center: total / float64(len(defects)), Out: []int{}}
	for _, d := range defects {
		c.add(d, math.Sqrt(c.Center))
	}
	return c, nil
}

// UChart charts defects per unit of samples of any size: limits are
// u ± 3·√(u/n). Montgomery (2013), 7.3.1.
func UChart(defects, sizes []float64) (CountChart, error) {
	total, units, err := checkCounts("defects", defects, sizes, unbounded)
	if err != nil {
		return CountChart{}, err
	}
	c := CountChart{Center: total / units, Out: []int{}}
	for i, d := range defects {
		c.add(d/sizes[i], math.Sqrt(c.Center/sizes[i]))
	}
	return c, nil
}

// LaneyP is a p chart for large samples, whose plain limits flag everything
// because fractions also vary between samples: its limits are wider by the
// deviation of the standardized points, estimated from their moving range.
// Laney (2002). It wants at least two points.
func LaneyP(defectives, sizes []float64) (CountChart, error) {
	p, err := PChart(defectives, sizes)
	if err != nil {
		return CountChart{}, err
	}
	return p.widen(func(i int) float64 { return math.Sqrt(p.Center * (1 - p.Center) / sizes[i]) })
}

// LaneyU is a u chart with limits widened as [LaneyP] does.
func LaneyU(defects, sizes []float64) (CountChart, error) {
	u, err := UChart(defects, sizes)
	if err != nil {
		return CountChart{}, err
	}
	return u.widen(func(i int) float64 { return math.Sqrt(u.Center / sizes[i]) })
}

func (c CountChart) widen(sd func(i int) float64) (CountChart, error) {
	if len(c.Points) < 2 {
		return CountChart{}, refuse("number of points", len(c.Points), ErrRange)
	}
	z := make([]float64, len(c.Points))
	for i, x := range c.Points {
		if s := sd(i); s > 0 {
			z[i] = (x - c.Center) / s
		}
	}
	chart, err := Individuals(z)
	if err != nil {
		return CountChart{}, err
	}
	wide := CountChart{Center: c.Center, Out: []int{}}
	for i, x := range c.Points {
		wide.add(x, sd(i)*chart.Sigma)
	}
	return wide, nil
}
