package assortment

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Observation is what one offer sold.
type Observation struct {
	// Offer are the products shown, Sales what each of them sold, in that order.
	Offer []int
	Sales []float64
	// NoPurchase is the number of customers who bought nothing.
	NoPurchase float64
}

// MNLFit is an estimated [MNL].
type MNLFit struct {
	Model MNL
	// StdErr of the utilities, from the observed information.
	StdErr        []float64
	LogLikelihood float64
	// Customers is the number of choices behind it, Steps how often Newton's
	// method stepped.
	Customers float64
	Steps     int
}

func checkObservations(obs []Observation, products int) (customers float64, err error) {
	if products < 1 || products > 5000 {
		return 0, refuse("number of products", products, ErrRange)
	}
	sold, offered, nothing := make([]float64, products), make([]bool, products), 0.0
	for k, o := range obs {
		place := fmt.Sprintf("observations[%d]", k)
		if err := checkOffer(o.Offer, products); err != nil {
			return 0, fmt.Errorf("%s: %w", place, err)
		}
		if len(o.Sales) != len(o.Offer) {
			return 0, refuse(place+" number of sales", len(o.Sales), ErrInput)
		}
		if err := all(place+" sales", o.Sales, 0, 1e12); err != nil {
			return 0, err
		}
		if !(o.NoPurchase >= 0 && o.NoPurchase <= 1e12) {
			return 0, refuse(place+" no purchase", o.NoPurchase, ErrRange)
		}
		for j, i := range o.Offer {
			sold[i] += o.Sales[j]
			customers += o.Sales[j]
			offered[i] = true
		}
		nothing += o.NoPurchase
	}
	for i := range sold {
		switch {
		case !offered[i]:
			return 0, refuse(fmt.Sprintf("product %d", i), "never offered", ErrUnidentified)
		case sold[i] == 0:
			return 0, refuse(fmt.Sprintf("product %d", i), "never sold", ErrUnidentified)
		}
	}
	if nothing == 0 {
		return 0, refuse("no purchases", nothing, ErrUnidentified)
	}
	return customers + nothing, nil
}

// FitMNL finds the utilities of products 0 to products-1 that make the
// observations most likely; the utility of no purchase is given and anchors the
// scale. The likelihood is concave: Newton's method finds its only maximum. A
// product that was never offered or sold, and customers who always bought, have
// no finite answer and are refused ([ErrUnidentified]). O(products³) per step.
func FitMNL(obs []Observation, products int, noPurchase float64) (MNLFit, error) {
	customers, err := checkObservations(obs, products)
	if err != nil {
		return MNLFit{}, err
	}
	if err := finite("utility of no purchase", noPurchase); err != nil {
		return MNLFit{}, err
	}
	weights := make([]float64, len(obs))
	for k := range weights {
		weights[k] = 1
	}
	fit := MNLFit{Model: MNL{Utility: make([]float64, products), NoPurchase: noPurchase}, Customers: customers}
	for i := range fit.Model.Utility {
		fit.Model.Utility[i] = noPurchase
	}
	information, err := newton(&fit, obs, nil)
	if err != nil {
		return MNLFit{}, err
	}
	var chol mat.Cholesky
	if !chol.Factorize(information) {
		return MNLFit{}, refuse("information", "singular", ErrUnidentified)
	}
	var inverse mat.SymDense
	if err := chol.InverseTo(&inverse); err != nil {
		return MNLFit{}, refuse("information", "singular", ErrUnidentified)
	}
	fit.StdErr = make([]float64, products)
	for i := range fit.StdErr {
		fit.StdErr[i] = math.Sqrt(inverse.At(i, i))
	}
	return fit, nil
}

// newton maximizes the likelihood of obs, each weighted by weight[k] unless nil,
// and returns the information at the maximum.
func newton(fit *MNLFit, obs []Observation, weight []float64) (*mat.SymDense, error) {
	n := len(fit.Model.Utility)
	before := math.Inf(-1)
	u := fit.Model.Utility
	for step := range 200 {
		l, gradient, information := likelihood(fit.Model, obs, weight)
		fit.LogLikelihood, fit.Steps = l, step
		var chol mat.Cholesky
		if !chol.Factorize(information) {
			return nil, refuse("information", "singular", ErrUnidentified)
		}
		var d mat.VecDense
		if err := chol.SolveVecTo(&d, mat.NewVecDense(n, gradient)); err != nil {
			return nil, refuse("information", "singular", ErrUnidentified)
		}
		decrement := 0.0
		for i, g := range gradient {
			decrement += g * d.AtVec(i)
		}
		if decrement < 1e-20*math.Max(1, fit.Customers) || step > 30 && l <= before {
			return information, nil
		}
		before = l
		// Halve the step until the likelihood rises.
		old := append([]float64(nil), u...)
		for scale := 1.0; ; scale /= 2 {
			for i := range u {
				u[i] = old[i] + float64(scale*math.Max(-5, math.Min(5, d.AtVec(i))))
				if math.Abs(u[i]-fit.Model.NoPurchase) > 300 {
					return nil, refuse(fmt.Sprintf("utility of product %d", i), u[i], ErrUnidentified)
				}
			}
			next, _, _ := likelihood(fit.Model, obs, weight)
			if next >= l-1e-12*math.Abs(l) || scale < 1e-8 {
				break
			}
		}
	}
	return nil, refuse("likelihood", "no maximum in 200 steps", ErrUnidentified)
}

// likelihood returns the log-likelihood, its gradient and the information.
func likelihood(m MNL, obs []Observation, weight []float64) (float64, []float64, *mat.SymDense) {
	n := len(m.Utility)
	l, gradient := 0.0, make([]float64, n)
	information := mat.NewSymDense(n, nil)
	for k, o := range obs {
		w := 1.0
		if weight != nil {
			w = weight[k]
		}
		if w == 0 {
			continue
		}
		choice, _ := m.Choose(o.Offer)
		total := o.NoPurchase
		if o.NoPurchase > 0 {
			l += w * o.NoPurchase * math.Log(choice.Nothing)
		}
		for j, s := range o.Sales {
			total += s
			if s > 0 {
				l += w * s * math.Log(choice.Buy[j])
			}
		}
		for j, i := range o.Offer {
			p := choice.Buy[j]
			gradient[i] += w * (o.Sales[j] - total*p)
			information.SetSym(i, i, information.At(i, i)+float64(w*total*p*(1-p)))
			for jj := range j {
				ii := o.Offer[jj]
				information.SetSym(i, ii, information.At(i, ii)-float64(w*total*p*choice.Buy[jj]))
			}
		}
	}
	return l, gradient, information
}
