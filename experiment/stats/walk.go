package stats

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// walk follows the distribution of the test statistic over the looks of a
// group-sequential trial, among those that have not stopped: the recursion of
// Armitage, McPherson & Rowe (1969), integrated by Gauss and Legendre's rule.
//
// The score S_k = Z_k·√t_k has independent normal increments with mean drift·Δt
// and variance Δt, where t is the share of the information and drift the mean of
// Z at full information.
type walk struct {
	information []float64
	drift       float64
	k           int       // looks taken
	score       []float64 // nodes within the last continuation region
	mass        []float64 // density times weight at the nodes
}

func newWalk(information []float64, drift float64) *walk {
	return &walk{information: information, drift: drift, score: []float64{0}, mass: []float64{1}}
}

// increment returns the share of information between the last look and the next,
// and all of it at the next.
func (w *walk) increment() (delta, t float64) {
	t = w.information[w.k]
	if w.k == 0 {
		return t, t
	}
	return t - w.information[w.k-1], t
}

// above returns the probability of going on to the next look and Z being above z
// there.
func (w *walk) above(z float64) float64 {
	delta, t := w.increment()
	sd := math.Sqrt(delta)
	bound := z*math.Sqrt(t) - w.drift*delta
	total := 0.0
	for i, s := range w.score {
		total += w.mass[i] * 0.5 * math.Erfc((bound-s)/(sd*math.Sqrt2))
	}
	return total
}

// below is above on the other side.
func (w *walk) below(z float64) float64 {
	delta, t := w.increment()
	sd := math.Sqrt(delta)
	bound := z*math.Sqrt(t) - w.drift*delta
	total := 0.0
	for i, s := range w.score {
		total += w.mass[i] * 0.5 * math.Erfc((s-bound)/(sd*math.Sqrt2))
	}
	return total
}

// mostZ is where a boundary counts as never crossed.
const mostZ = 20

// solve returns the z above which the next look has probability p.
func (w *walk) solve(p float64) float64 {
	if p <= 0 {
		return mostZ
	}
	target := math.Log(p)
	return solveTail(target, normalQuantile(min(0.5, p)), 0.5, func(z float64) (logTail, slope float64) {
		const h = 1e-5
		value := math.Log(w.above(z))
		return value, (math.Log(w.above(z+h)) - value) / h
	})
}

// step takes the next look, which stops above upper or below lower, and returns
// the probabilities of both.
func (w *walk) step(lower, upper float64) (up, down float64) {
	up, down = w.above(upper), w.below(lower)
	delta, t := w.increment()
	w.k++
	if w.k == len(w.information) {
		return up, down
	}
	// The continuation region, as far as any mass reaches it.
	sd, root := math.Sqrt(delta), math.Sqrt(t)
	const reach = 9
	low := max(lower*root, w.drift*t-reach*root)
	high := min(upper*root, w.drift*t+reach*root)
	if !(high > low) {
		w.score, w.mass = nil, nil
		return up, down
	}
	// Four nodes to each standard deviation of the narrower of the two increments
	// that meet here.
	width := min(sd, math.Sqrt(w.information[w.k]-t))
	panels := int(math.Ceil(max(1, min(200, (high-low)/width/4))))
	score := make([]float64, 0, panels*len(legendreNodes))
	mass := make([]float64, 0, panels*len(legendreNodes))
	half := (high - low) / float64(2*panels)
	for p := range panels {
		center := low + half*float64(2*p+1)
		for i, x := range legendreNodes {
			s := center + half*x
			density := 0.0
			for j, before := range w.score {
				u := (s - before - w.drift*delta) / sd
				density += w.mass[j] * math.Exp(-0.5*u*u)
			}
			score = append(score, s)
			mass = append(mass, half*legendreWeights[i]*density/(sd*math.Sqrt(2*math.Pi)))
		}
	}
	w.score, w.mass = score, mass
	return up, down
}

// Nodes and weights of Gauss and Legendre's rule on [-1, 1].
var legendreNodes, legendreWeights = func() (nodes, weights [16]float64) {
	quad.Legendre{}.FixedLocations(nodes[:], weights[:], -1, 1)
	return nodes, weights
}()
