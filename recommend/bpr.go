package recommend

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
)

// BPR factorizes the matrix by pairs: a row should score an item that it holds above
// one that it does not (Rendle et al. 2009, Bayesian Personalized Ranking). It is
// learned by stochastic gradient descent in a fixed order, on one processor. The
// vector of a row is the mean of vectors of its items and an own part that is not
// kept; here rows are the mean alone (as in FISM), so that new customers and new
// events count like the others.
type BPR struct {
	// Factors is the length of the vectors: 64.
	Factors int
	// Rate of learning: 0.05.
	Rate float64
	// Lambda is the regularization: 0.002.
	Lambda float64
	// Epochs over the cells: 60.
	Epochs int
	// Seed of the first vectors and of the samples.
	Seed uint64
}

// String implements [Learner].
func (b BPR) String() string {
	b = b.withDefaults()
	return fmt.Sprintf("BPR (%d factors, rate %g, lambda %g, %d epochs)", b.Factors, b.Rate, b.Lambda, b.Epochs)
}

func (b BPR) withDefaults() BPR {
	b.Factors, b.Rate = orDefault(b.Factors, 64), orDefault(b.Rate, 0.05)
	b.Lambda, b.Epochs = orDefault(b.Lambda, 0.002), orDefault(b.Epochs, 60)
	return b
}

// Fit implements [Learner]. The Scorer is a [Contributor].
func (b BPR) Fit(m *Matrix) (Scorer, error) { return b.FitEach(m, 0, nil) }

// FitEach implements [Iterative].
func (b BPR) FitEach(m *Matrix, every int, after func(epoch int, s Scorer) bool) (Scorer, error) {
	switch {
	case b.Factors < 0 || b.Factors > maxFactors:
		return nil, paramError("BPR", "Factors", b.Factors)
	case !positive(b.Rate):
		return nil, paramError("BPR", "Rate", b.Rate)
	case !positive(b.Lambda):
		return nil, paramError("BPR", "Lambda", b.Lambda)
	case b.Epochs < 0:
		return nil, paramError("BPR", "Epochs", b.Epochs)
	}
	b = b.withDefaults()
	items, d := m.items.Len(), b.Factors
	p := &pairwise{items: m.items, factors: d, in: make([]float64, items*d), out: make([]float64, items*d), bias: make([]float64, items)}
	fillNormal(p.in, b.Seed, 0.1/math.Sqrt(float64(d)))
	fillNormal(p.out, b.Seed+1, 0.1/math.Sqrt(float64(d)))
	holds := make([]bool, items)
	state := mix(b.Seed + 2)
	draw := func(n int) int { state = mix(state); return int(state % uint64(n)) }
	sum, grad, mean := make([]float64, d), make([]float64, d), make([]float64, d)
	impl := blas64.Implementation()
	for epoch := 1; epoch <= b.Epochs; epoch++ {
		for range len(m.actors) {
			row := int32(draw(len(m.actors)))
			chosen := m.row(row)
			if len(chosen) < 2 || len(chosen) == items {
				continue
			}
			clear(sum)
			clear(grad)
			for _, item := range chosen {
				holds[item] = true
				impl.Daxpy(d, 1, p.in[int(item)*d:int(item+1)*d], 1, sum, 1)
			}
			scale := 1 / math.Sqrt(float64(len(chosen)-1))
			for _, item := range chosen {
				other := draw(items)
				for holds[other] {
					other = draw(items)
				}
				yes, no := p.out[int(item)*d:int(item+1)*d], p.out[other*d:(other+1)*d]
				own := p.in[int(item)*d : int(item+1)*d]
				diff := p.bias[item] - p.bias[other]
				for f := range d {
					mean[f] = float64((sum[f] - own[f]) * scale)
					diff += float64(mean[f] * (yes[f] - no[f]))
				}
				e := 1 / (1 + math.Exp(diff))
				for f := range d {
					grad[f] += float64(e*(yes[f]-no[f])) * scale
					y, n := yes[f], no[f]
					yes[f] += float64(b.Rate * (float64(e*mean[f]) - float64(b.Lambda*y)))
					no[f] -= float64(b.Rate * (float64(e*mean[f]) + float64(b.Lambda*n)))
				}
				p.bias[item] += float64(b.Rate * (e - float64(b.Lambda*p.bias[item])))
				p.bias[other] -= float64(b.Rate * (e + float64(b.Lambda*p.bias[other])))
			}
			for _, item := range chosen {
				holds[item] = false
				own := p.in[int(item)*d : int(item+1)*d]
				for f := range d {
					own[f] += float64(b.Rate * (grad[f]/float64(len(chosen)) - float64(b.Lambda*own[f])))
				}
			}
		}
		if due(epoch, every, b.Epochs) {
			now := &pairwise{p.items, d, slices.Clone(p.in), slices.Clone(p.out), slices.Clone(p.bias)}
			if after(epoch, now) {
				return now, nil
			}
		}
	}
	return p, nil
}

// pairwise is what BPR learned.
type pairwise struct {
	items   *Index
	factors int
	in, out []float64
	bias    []float64
}

// Index implements [Scorer].
func (p *pairwise) Index() *Index { return p.items }

// Score implements [Scorer].
func (p *pairwise) Score(h History, scores []float64) {
	d := p.factors
	impl := blas64.Implementation()
	x := make([]float64, d)
	for _, past := range h {
		impl.Daxpy(d, past.Weight, p.in[int(past.Item)*d:int(past.Item+1)*d], 1, x, 1)
	}
	scale := 1 / math.Sqrt(float64(max(1, len(h))))
	for item := range scores {
		scores[item] = p.bias[item] + float64(scale*impl.Ddot(d, x, 1, p.out[item*d:(item+1)*d], 1))
	}
}

// Contributions implements [Contributor].
func (p *pairwise) Contributions(h History, item int32, parts []float64) {
	d := p.factors
	scale := 1 / math.Sqrt(float64(max(1, len(h))))
	for k, past := range h {
		parts[k] = past.Weight * scale * blas64.Implementation().Ddot(d, p.in[int(past.Item)*d:int(past.Item+1)*d], 1, p.out[int(item)*d:int(item+1)*d], 1)
	}
}
