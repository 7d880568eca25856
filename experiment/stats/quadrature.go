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
	total      []float64 // first estimate, the measure of errors
	sum        []float64
	gauss      []float64
	kronrod    []float64
	evaluation int
}

// integrate returns the integrals of n functions between the first and the last
// of the given points, which it takes as first panels.
func integrate(points []float64, n int, f func(t float64, into []float64)) []float64 {
	slices.Sort(points)
	points = slices.Compact(points)
	buffer := make([]float64, 5*n)
	in := &integrator{
		f: f, value: buffer[:n], total: buffer[n : 2*n], sum: buffer[2*n : 3*n],
		gauss: buffer[3*n : 4*n], kronrod: buffer[4*n:],
	}
	for i := range len(points) - 1 {
		in.rule(points[i], points[i+1])
		for k, v := range in.kronrod {
			in.total[k] += math.Abs(v)
		}
	}
	for i := range len(points) - 1 {
		in.refine(points[i], points[i+1], 0)
	}
	return in.sum
}

// rule applies both rules to one panel.
func (in *integrator) rule(low, high float64) {
	clear(in.gauss)
	clear(in.kronrod)
	half, center := (high-low)/2, low+(high-low)/2
	for i, x := range kronrodNodes {
		for side := -1.0; side <= 1; side += 2 {
			if x == 0 && side > 0 {
				continue
			}
			in.evaluation++
			in.f(center+side*half*x, in.value)
			for k, v := range in.value {
				in.kronrod[k] += float64(half * kronrodWeights[i] * v)
				in.gauss[k] += float64(half * gaussWeights[i] * v)
			}
		}
	}
}

func (in *integrator) refine(low, high float64, depth int) {
	in.rule(low, high)
	exact := true
	for k, v := range in.kronrod {
		// The Kronrod rule errs by about the 3/2 power of what the rules differ.
		difference := math.Abs(v - in.gauss[k])
		exact = exact && difference <= 3e-8*in.total[k]
	}
	if exact || depth >= 40 || in.evaluation > 200_000 {
		for k, v := range in.kronrod {
			in.sum[k] += v
		}
		return
	}
	center := low + (high-low)/2
	in.refine(low, center, depth+1)
	in.refine(center, high, depth+1)
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
				if min(below, above) < -750 || min(below, above)+math.Log(reach) < -60 && reach > 64 {
					break
				}
			}
		}
	}
	return points
}
