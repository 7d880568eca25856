package stats

import (
	"fmt"
	"math"
)

// Clusters is one arm of an experiment that assigns groups of units, such as
// shops, and not the units themselves. The zero value holds nothing.
type Clusters struct {
	// Totals are the moments over the clusters: X the sum of the outcomes, Y the
	// number of units.
	Totals Pair `json:"totals"`
	// Units are the moments over all units.
	Units Moments `json:"units"`
	// Within is the sum of squared deviations of units from their cluster's mean.
	Within float64 `json:"within"`
}

// Add counts one more cluster by the moments of its units. An empty one is
// ignored.
func (c *Clusters) Add(units Moments) {
	if units.N == 0 {
		return
	}
	c.Totals.Add(units.Sum(), float64(units.N))
	c.Units.Merge(units)
	c.Within += units.M2
}

// Merge counts all clusters of o, which must be others than those of c.
func (c *Clusters) Merge(o Clusters) {
	c.Totals.Merge(o.Totals)
	c.Units.Merge(o.Units)
	c.Within += o.Within
}

// ClusterError is the small-sample correction of a cluster-robust error.
type ClusterError uint8

// Cluster-robust standard errors.
const (
	// ClusterDelta takes each arm's variance over its clusters with divisor k-1,
	// by the delta method. Deng, Knoblich & Lu (2018), section 3.
	ClusterDelta ClusterError = iota
	// CR0 has divisor k. Liang & Zeger (1986).
	CR0
	// CR1 is CR0 times √(G/(G-1)·(n-1)/(n-2)) for G clusters and n units.
	CR1
)

// ClusterRandomized compares the means per unit of two arms whose clusters were
// assigned as a whole. Treating the units as independent would make the error too
// small by the root of the design effect. The zero value is the two-sided test at
// 5 %, compared with Student's distribution with G-2 degrees of freedom.
type ClusterRandomized struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	Error       ClusterError
	// Relative is the method for the relative interval.
	Relative RelativeInterval
}

// ClusterResult is a comparison of cluster-randomised arms.
type ClusterResult struct {
	Result
	// UnitError is the standard error that the effect would have if units were
	// independent: that of least squares with a common variance.
	UnitError float64 `json:"unit_error"`
	// DesignEffect is the ratio of the two variances.
	DesignEffect float64 `json:"design_effect"`
	// IntraclassCorrelation is how alike units of a cluster are within arms: the
	// analysis-of-variance estimate, zero where that is negative. Donner & Klar
	// (2000), 1.3.
	IntraclassCorrelation float64 `json:"intraclass_correlation"`
}

// Test compares treatment with control. Each arm needs two clusters; with fewer
// than twenty in all the result carries a warning. The error is an [*InputError].
func (c ClusterRandomized) Test(control, treatment Clusters) (ClusterResult, error) {
	alpha, err := alphaOr(c.Alpha, 0.05)
	if err != nil {
		return ClusterResult{}, err
	}
	switch {
	case c.Alternative.check() != nil:
		return ClusterResult{}, c.Alternative.check()
	case c.Error > CR1:
		return ClusterResult{}, refuse("cluster error", float64(c.Error), ErrBeyond)
	case c.Relative > Delta:
		return ClusterResult{}, refuse("relative interval", float64(c.Relative), ErrBeyond)
	}
	a, err := control.sample("control")
	if err != nil {
		return ClusterResult{}, err
	}
	b, err := treatment.sample("treatment")
	if err != nil {
		return ClusterResult{}, err
	}
	ka, kb := float64(control.Totals.X.N), float64(treatment.Totals.X.N)
	na, nb := float64(control.Units.N), float64(treatment.Units.N)
	va, vb := a.Variance/ka, b.Variance/kb
	g, n := ka+kb, na+nb
	if c.Error != ClusterDelta {
		va, vb = va*(ka-1)/ka, vb*(kb-1)/kb
	}
	if c.Error == CR1 {
		factor := g / (g - 1) * (n - 1) / (n - 2)
		va, vb = va*factor, vb*factor
	}
	if va+vb == 0 {
		return ClusterResult{}, refuse("variance between clusters", 0, ErrZeroVariance)
	}
	out := ClusterResult{Result: Result{Control: a, Treatment: b, Alpha: alpha, Alternative: c.Alternative}}
	if g < 20 {
		out.warn(SmallSample, fmt.Sprintf("%g clusters; robust errors of fewer than 20 are too small", g))
	}
	df := g - 2
	student(alpha, df, 0, c.Alternative, c.Relative).judge(&out.Result, between(a.Mean, va, b.Mean, vb, df))
	if n > 2 {
		pooled := (control.Units.M2 + treatment.Units.M2) / (n - 2)
		out.UnitError = math.Sqrt(pooled * (1/na + 1/nb))
	}
	if out.UnitError > 0 {
		s := out.Absolute.StandardError / out.UnitError
		out.DesignEffect = s * s
	}
	out.IntraclassCorrelation = intraclass(control, treatment)
	return out, nil
}

// sample returns the mean per unit with the variance of one cluster's part in it.
func (c Clusters) sample(arm string) (Sample, error) {
	if err := c.Totals.check(arm + " clusters"); err != nil {
		return Sample{}, err
	}
	if c.Units.N < c.Totals.X.N {
		return Sample{}, refuse(arm+" units", float64(c.Units.N), ErrShape)
	}
	if err := c.Units.Sample().check(arm + " units"); err != nil {
		return Sample{}, err
	}
	if !(c.Within >= 0) || !finite(c.Within) {
		return Sample{}, refuse(arm+" squares within clusters", c.Within, ErrBeyond)
	}
	return c.Totals.RatioSample()
}

// intraclass returns (B - W)/(B + (m-1)W) for the mean squares between and within
// clusters, pooled over arms, and the adjusted mean size m.
func intraclass(arms ...Clusters) float64 {
	var between, within, clusters, units, sizes float64
	for _, c := range arms {
		k, n := float64(c.Totals.X.N), float64(c.Units.N)
		clusters, units = clusters+k, units+n
		// Σ nᵢ² of the arm.
		squares := c.Totals.Y.M2 + k*c.Totals.Y.Mean*c.Totals.Y.Mean
		sizes += squares / n
		between += max(0, c.Units.M2-c.Within)
		within += c.Within
	}
	g := float64(len(arms))
	if units <= clusters || clusters <= g {
		return 0
	}
	b, w := between/(clusters-g), within/(units-clusters)
	m := (units - sizes) / (clusters - g)
	if rho := (b - w) / (b + (m-1)*w); rho > 0 {
		return min(1, rho)
	}
	return 0
}
