package assortment

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// maximize climbs a smooth function from x by Newton's method on differences, with
// the step halved until the value rises and damping where it is not concave, and
// returns the Hessian at the top. O(n²) evaluations per step.
func maximize(x []float64, f func(x []float64) float64) (top float64, hessian *mat.SymDense, ok bool) {
	n := len(x)
	const h = 1e-4
	top = f(x)
	at := func(i int, a float64, j int, b float64) float64 {
		y := slices.Clone(x)
		y[i] += a
		y[j] += b
		return f(y)
	}
steps:
	for range 200 {
		gradient := make([]float64, n)
		hessian = mat.NewSymDense(n, nil)
		for i := range n {
			up, down := at(i, h, i, 0), at(i, -h, i, 0)
			gradient[i] = (up - down) / (2 * h)
			hessian.SetSym(i, i, (up-2*top+down)/(h*h))
			for j := range i {
				hessian.SetSym(i, j, (at(i, h, j, h)-at(i, h, j, -h)-at(i, -h, j, h)+at(i, -h, j, -h))/(4*h*h))
			}
		}
		for damping := 0.0; damping < 1e18; damping = math.Max(10*damping, 1e-3*math.Max(1, math.Abs(top))/float64(n)) {
			negative := mat.NewSymDense(n, nil)
			for i := range n {
				for j := range i + 1 {
					negative.SetSym(i, j, -hessian.At(i, j))
				}
				negative.SetSym(i, i, -hessian.At(i, i)+damping)
			}
			var chol mat.Cholesky
			var step mat.VecDense
			if !chol.Factorize(negative) || chol.SolveVecTo(&step, mat.NewVecDense(n, gradient)) != nil {
				continue
			}
			for scale := 1.0; scale > 1e-9; scale /= 2 {
				y := slices.Clone(x)
				for i := range y {
					y[i] += scale * math.Max(-1, math.Min(1, step.AtVec(i)))
				}
				v := f(y)
				if !(v > top) {
					continue
				}
				done := damping == 0 && v-top <= 1e-10*math.Max(1, math.Abs(top))
				copy(x, y)
				top = v
				if done {
					return top, hessian, true
				}
				continue steps
			}
			if damping == 0 {
				return top, hessian, true // concave, and no step rises
			}
		}
		return top, hessian, false
	}
	return top, hessian, false
}

// standardErrors are the roots of the diagonal of the inverse information.
func standardErrors(hessian *mat.SymDense) ([]float64, error) {
	n := hessian.SymmetricDim()
	information := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			information.SetSym(i, j, -hessian.At(i, j))
		}
	}
	var chol mat.Cholesky
	var inverse mat.SymDense
	if !chol.Factorize(information) || chol.InverseTo(&inverse) != nil {
		return nil, refuse("information", "singular", ErrUnidentified)
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Sqrt(inverse.At(i, i))
	}
	return out, nil
}

// NestedFit is an estimated [Nested] model.
type NestedFit struct {
	Model Nested
	// Utility are the logarithms of the model's weights, StdErr their standard
	// errors; DissimilarityErr those of the dissimilarities.
	Utility, StdErr, DissimilarityErr []float64
	LogLikelihood                     float64
}

// FitNested finds utilities and dissimilarities that make the observations most
// likely; no purchase has the utility 0. nest has the nest of each product from 0; a nest that never has two products in an offer has no dissimilarity of its
// own, which is refused ([ErrUnidentified]), as are products never offered or sold.
// The likelihood need not be concave: the climb starts from the MNL model.
// O(products²) evaluations of the likelihood per step; meant for some tens of
// products.
func FitNested(obs []Observation, nest []int) (NestedFit, error) {
	start, err := FitMNL(obs, len(nest), 0)
	if err != nil {
		return NestedFit{}, err
	}
	nests := 0
	for i, k := range nest {
		if k < 0 || k >= len(nest) {
			return NestedFit{}, refuse(fmt.Sprintf("nest[%d]", i), k, ErrRange)
		}
		nests = max(nests, k+1)
	}
	paired := make([]bool, nests)
	for _, o := range obs {
		count := make([]int, nests)
		for _, i := range o.Offer {
			count[nest[i]]++
			paired[nest[i]] = paired[nest[i]] || count[nest[i]] > 1
		}
	}
	for k, p := range paired {
		if !p {
			return NestedFit{}, refuse(fmt.Sprintf("nest %d", k), "never two products in an offer", ErrUnidentified)
		}
	}
	n := len(nest)
	// Parameters: utilities, then the dissimilarities, which must stay above 0.
	x := append(slices.Clone(start.Model.Utility), slices.Repeat([]float64{1}, nests)...)
	model := func(x []float64) Nested {
		m := Nested{Weight: make([]float64, n), Nest: nest, Dissimilarity: x[n:], NoPurchase: 1}
		for i := range n {
			m.Weight[i] = math.Exp(x[i])
		}
		return m
	}
	likely := func(x []float64) float64 {
		for _, g := range x[n:] {
			if g < 0.01 || g > 10 {
				return math.Inf(-1)
			}
		}
		return logLikelihoodOf(model(x), obs)
	}
	top, hessian, ok := maximize(x, likely)
	if !ok {
		return NestedFit{}, refuse("likelihood", "no interior maximum", ErrUnidentified)
	}
	errs, err := standardErrors(hessian)
	if err != nil {
		return NestedFit{}, err
	}
	return NestedFit{
		Model: model(slices.Clone(x)), Utility: slices.Clone(x[:n]), LogLikelihood: top, StdErr: errs[:n], DissimilarityErr: errs[n:],
	}, nil
}

// chooser is any of the models.
type chooser interface {
	Choose(offer []int) (Choice, error)
}

func logLikelihoodOf(m chooser, obs []Observation) float64 {
	l := 0.0
	for _, o := range obs {
		c, err := m.Choose(o.Offer)
		if err != nil {
			return math.Inf(-1)
		}
		if o.NoPurchase > 0 {
			l += o.NoPurchase * math.Log(c.Nothing)
		}
		for j, s := range o.Sales {
			if s > 0 {
				l += s * math.Log(c.Buy[j])
			}
		}
	}
	return l
}

// MixtureFit is an estimated [Mixture].
type MixtureFit struct {
	// Model has its classes by falling share.
	Model Mixture
	// StdErr has the standard errors of the utilities by class, ShareErr those of the
	// shares, from the observed information.
	StdErr        [][]float64
	ShareErr      []float64
	LogLikelihood float64
	Steps         int
}

// FitMixture finds the classes that make the observations most likely, each
// observation being one choice situation of customers of all classes, by
// expectation maximization (Dempster, Laird and Rubin, 1977) from a start that
// spreads the MNL utilities by fixed steps, then Newton's method. Classes can only
// be told apart if offers differ in which products they have: too little variety,
// or a class of no customers, is refused ([ErrUnidentified]). The likelihood has
// several maxima in general, of which this is one. Meant for some ten products and
// two or three classes.
func FitMixture(obs []Observation, products, classes int, noPurchase float64) (MixtureFit, error) {
	if classes < 1 || classes > 10 {
		return MixtureFit{}, refuse("classes", classes, ErrRange)
	}
	start, err := FitMNL(obs, products, noPurchase)
	if err != nil {
		return MixtureFit{}, err
	}
	m := Mixture{}
	for c := range classes {
		u := slices.Clone(start.Model.Utility)
		for i := range u {
			// ±1 in a pattern that differs between classes.
			u[i] += math.Cos(math.Pi * float64((i+1)*(2*c+1)) / float64(classes+1))
		}
		m.Classes = append(m.Classes, MNL{Utility: u, NoPurchase: noPurchase})
		m.Share = append(m.Share, 1/float64(classes))
	}
	fit := MixtureFit{}
	before := math.Inf(-1)
	for step := range 2000 {
		l := logLikelihoodOf(m, obs)
		fit.Steps = step
		if l-before < 1e-8*math.Max(1, math.Abs(l)) {
			break
		}
		before = l
		next := Mixture{Share: make([]float64, classes)}
		split := make([][]Observation, classes)
		for _, o := range obs {
			by := make([]Choice, classes)
			for c := range m.Classes {
				by[c], _ = m.Classes[c].Choose(o.Offer)
			}
			share := func(c int, p func(Choice) float64) float64 {
				total := 0.0
				for k := range by {
					total += m.Share[k] * p(by[k])
				}
				return m.Share[c] * p(by[c]) / total
			}
			for c := range classes {
				part := Observation{Offer: o.Offer, Sales: make([]float64, len(o.Sales))}
				part.NoPurchase = o.NoPurchase * share(c, func(x Choice) float64 { return x.Nothing })
				next.Share[c] += part.NoPurchase
				for j, s := range o.Sales {
					part.Sales[j] = s * share(c, func(x Choice) float64 { return x.Buy[j] })
					next.Share[c] += part.Sales[j]
				}
				split[c] = append(split[c], part)
			}
		}
		for c := range classes {
			next.Share[c] /= start.Customers
			f := MNLFit{Model: MNL{Utility: slices.Clone(m.Classes[c].Utility), NoPurchase: noPurchase}, Customers: start.Customers}
			if _, err := newton(&f, split[c], nil); err != nil {
				return MixtureFit{}, fmt.Errorf("class %d: %w", c, err)
			}
			next.Classes = append(next.Classes, f.Model)
		}
		m = next
	}
	// Newton's method on all parameters: utilities by class, then logits of the shares
	// against the last.
	x := []float64{}
	for _, c := range m.Classes {
		x = append(x, c.Utility...)
	}
	for c := range classes - 1 {
		x = append(x, math.Log(m.Share[c]/m.Share[classes-1]))
	}
	model := func(x []float64) Mixture {
		out := Mixture{Share: make([]float64, classes)}
		logits := append(slices.Clone(x[classes*products:]), 0)
		most, sum := slices.Max(logits), 0.0
		for c := range classes {
			out.Classes = append(out.Classes, MNL{Utility: x[c*products : (c+1)*products], NoPurchase: noPurchase})
			out.Share[c] = math.Exp(logits[c] - most)
			sum += out.Share[c]
		}
		for c := range out.Share {
			out.Share[c] /= sum
		}
		return out
	}
	top, hessian, ok := maximize(x, func(x []float64) float64 { return logLikelihoodOf(model(x), obs) })
	if !ok {
		return MixtureFit{}, refuse("likelihood", "no interior maximum", ErrUnidentified)
	}
	errs, err := standardErrors(hessian)
	if err != nil {
		return MixtureFit{}, err
	}
	m = model(slices.Clone(x))
	order := make([]int, classes)
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return compareFalling(m.Share[a], m.Share[b]) })
	fit.LogLikelihood = top
	shareErrs := shareErrors(hessian, m.Share, classes*products)
	for _, c := range order {
		fit.Model.Classes = append(fit.Model.Classes, m.Classes[c])
		fit.Model.Share = append(fit.Model.Share, m.Share[c])
		fit.StdErr = append(fit.StdErr, errs[c*products:(c+1)*products])
		fit.ShareErr = append(fit.ShareErr, shareErrs[c])
	}
	return fit, nil
}

// shareErrors brings the covariance of the logits, which begin at from, to the
// shares (delta method).
func shareErrors(hessian *mat.SymDense, share []float64, from int) []float64 {
	n, k := hessian.SymmetricDim(), len(share)-1
	information := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			information.SetSym(i, j, -hessian.At(i, j))
		}
	}
	var chol mat.Cholesky
	var inverse mat.SymDense
	if !chol.Factorize(information) || chol.InverseTo(&inverse) != nil {
		return make([]float64, len(share))
	}
	out := make([]float64, len(share))
	for c := range share {
		v := 0.0
		slope := func(j int) float64 {
			if j == c {
				return share[c] * (1 - share[c])
			}
			return -share[c] * share[j]
		}
		for a := range k {
			for b := range k {
				v += slope(a) * slope(b) * inverse.At(from+a, from+b)
			}
		}
		out[c] = math.Sqrt(v)
	}
	return out
}
