package stats

import (
	"math"
	"slices"
)

// Nodes and weights of the Gauss-Kronrod rule with 7 and 15 points. Piessens et
// al. (1983), QUADPACK, qk15.
var (
	kronrodNodes = [8]float64{
		0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
		0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
		0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
		0.207784955007898467600689403773245, 0,
	}
	kronrodWeights = [8]float64{
		0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
		0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
		0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
		0.204432940075298892414161999234649, 0.209482141084727828012999174891714,
	}
	gaussWeights = [8]float64{
		1: 0.129484966168869693270611432679082, 3: 0.279705391489276667901467771423780,
		5: 0.381830050505118944950369775488975, 7: 0.417959183673469387755102040816327,
	}
)

// integrator integrates several functions at once over panels that it halves
// until each function is exact to about eleven digits of its integral.
type integrator struct {
	f          func(t float64, into []float64)
	value      []float64
	total      []float64 // of the first panels, the measure of errors
	sum        []float64
	evaluation int
}

// mostEvaluations bounds the work on functions that no panel fits.
const mostEvaluations = 30_000

// integrate returns the integrals of n functions between the first and the last
// of the given points, which it takes as first panels.
func integrate(points []float64, n int, f func(t float64, into []float64)) []float64 {
	slices.Sort(points)
	points = slices.Compact(points)
	in := &integrator{f: f, value: make([]float64, n), total: make([]float64, n), sum: make([]float64, n)}
	first := make([]float64, 2*n*(len(points)-1))
	for i := range len(points) - 1 {
		both := first[2*n*i : 2*n*(i+1)]
		in.rule(points[i], points[i+1], both)
		for k, v := range both[:n] {
			in.total[k] += math.Abs(v)
		}
	}
	for i := range len(points) - 1 {
		in.refine(points[i], points[i+1], first[2*n*i:2*n*(i+1)], 0)
	}
	return in.sum
}

// rule applies both rules to one panel: first Kronrod's results, then Gauss's.
func (in *integrator) rule(low, high float64, both []float64) {
	n := len(in.value)
	kronrod, gauss := both[:n], both[n:]
	half, center := (high-low)/2, low+(high-low)/2
	for i, x := range kronrodNodes {
		for side := -1.0; side <= 1; side += 2 {
			if x == 0 && side > 0 {
				continue
			}
			in.f(center+side*half*x, in.value)
			for k, v := range in.value {
				kronrod[k] += float64(half * kronrodWeights[i] * v)
				gauss[k] += float64(half * gaussWeights[i] * v)
			}
		}
	}
	in.evaluation += 15
}

// refine adds a panel whose rules have been applied, or halves it.
func (in *integrator) refine(low, high float64, both []float64, depth int) {
	n := len(in.value)
	exact := true
	for k, v := range both[:n] {
		// Kronrod's rule errs by far less than what the rules differ.
		exact = exact && math.Abs(v-both[n+k]) <= 3e-8*in.total[k]
	}
	if exact || depth >= 40 || in.evaluation > mostEvaluations {
		for k, v := range both[:n] {
			in.sum[k] += v
		}
		return
	}
	center := low + (high-low)/2
	halves := make([]float64, 2*n)
	in.rule(low, center, halves)
	in.refine(low, center, halves, depth+1)
	clear(halves)
	in.rule(center, high, halves)
	in.refine(center, high, halves, depth+1)
}

// panels returns points between which the densities of the arms are smooth, out
// to where they vanish.
func panels[P Posterior](arms []P) []float64 {
	var points []float64
	for _, d := range arms {
		center, scale := d.center()
		points = append(points, center)
		for _, side := range []float64{-1, 1} {
			for reach := 2.0; reach < 1e18; reach *= 2 {
				t := center + side*reach*scale
				points = append(points, t)
				below, above := d.logTails(t)
				if min(below, above)+math.Log(reach) < -60 {
					break
				}
			}
		}
	}
	return points
}
