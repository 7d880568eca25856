package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Procedure adjusts p values of several tests of one experiment, so that each
// can be compared with alpha.
type Procedure uint8

// Procedures. The first six bound the chance of one false rejection or more,
// the last two the expected share of false ones among the rejections.
const (
	Holm               Procedure = iota // step down, always valid. Holm (1979)
	Bonferroni                          // p·m
	Sidak                               // 1-(1-p)^m, for independent tests. Šidák (1967)
	HolmSidak                           // Šidák, step down
	Hochberg                            // step up, for positively dependent tests. Hochberg (1988)
	Hommel                              // closed Simes tests. Hommel (1988), by Wright (1992)
	BenjaminiHochberg                   // false discovery rate. Benjamini & Hochberg (1995)
	BenjaminiYekutieli                  // under any dependence. Benjamini & Yekutieli (2001)
)

// Adjust returns the adjusted p values in the order given. O(m log m), Hommel
// O(m²). The error is an [*InputError].
func (procedure Procedure) Adjust(p []float64) ([]float64, error) {
	if procedure > BenjaminiYekutieli {
		return nil, refuse("procedure", float64(procedure), ErrBeyond)
	}
	for i, x := range p {
		if math.IsNaN(x) {
			return nil, refuse(fmt.Sprintf("p[%d]", i), x, ErrNotANumber)
		}
		if x < 0 || x > 1 {
			return nil, refuse(fmt.Sprintf("p[%d]", i), x, ErrBeyond)
		}
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	sorted := make([]float64, len(p))
	for rank, i := range order {
		sorted[rank] = p[i]
	}
	sorted = procedure.adjustSorted(sorted)
	adjusted := make([]float64, len(p))
	for rank, i := range order {
		adjusted[i] = min(1, sorted[rank])
	}
	return adjusted, nil
}

// adjustSorted takes p values in rising order.
func (procedure Procedure) adjustSorted(p []float64) []float64 {
	m := len(p)
	q := make([]float64, m)
	sidak := func(p float64, n int) float64 { return -math.Expm1(float64(n) * math.Log1p(-p)) }
	switch procedure {
	case Bonferroni:
		for i := range p {
			q[i] = p[i] * float64(m)
		}
	case Sidak:
		for i := range p {
			q[i] = sidak(p[i], m)
		}
	case Holm:
		for i := range p {
			q[i] = p[i] * float64(m-i)
		}
		rising(q)
	case HolmSidak:
		for i := range p {
			q[i] = sidak(p[i], m-i)
		}
		rising(q)
	case Hochberg:
		for i := range p {
			q[i] = p[i] * float64(m-i)
		}
		falling(q)
	case BenjaminiHochberg, BenjaminiYekutieli:
		factor := float64(m)
		if procedure == BenjaminiYekutieli {
			harmonic := 0.0
			for i := range p {
				harmonic += 1 / float64(i+1)
			}
			factor *= harmonic
		}
		for i := range p {
			q[i] = p[i] * factor / float64(i+1)
		}
		falling(q)
	case Hommel:
		copy(q, p)
		a := slices.Clone(p)
		for k := m; k > 1; k-- {
			// The k largest p values; the rest follow the smallest Simes term.
			least := math.Inf(1)
			for j := 2; j <= k; j++ {
				least = min(least, float64(k)*p[m-k+j-1]/float64(j))
			}
			for i := m - k + 1; i < m; i++ {
				a[i] = max(a[i], least)
			}
			for i := range m - k + 1 {
				a[i] = max(a[i], min(least, float64(k)*p[i]))
			}
		}
		for i := range q {
			q[i] = max(q[i], a[i])
		}
	}
	return q
}

// rising makes q a running maximum from the smallest p value.
func rising(q []float64) {
	for i := 1; i < len(q); i++ {
		q[i] = max(q[i], q[i-1])
	}
}

// falling makes q a running minimum from the largest p value.
func falling(q []float64) {
	for i := len(q) - 2; i >= 0; i-- {
		q[i] = min(q[i], q[i+1])
	}
}
