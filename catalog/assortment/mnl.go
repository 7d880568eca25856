package assortment

import "math"

// MNL is the multinomial logit model: a customer who sees an offer buys product i
// with a probability in proportion to e^Utility[i], or nothing in proportion to
// e^NoPurchase. McFadden (1974).
type MNL struct {
	Utility    []float64
	NoPurchase float64
}

// FromWeights makes the model with attraction weights e^utility. A weight may be
// zero: the product is never bought.
func FromWeights(weights []float64, noPurchase float64) (MNL, error) {
	if err := all("weights", weights, 0, math.MaxFloat64); err != nil {
		return MNL{}, err
	}
	if !(noPurchase >= 0 && noPurchase <= math.MaxFloat64) {
		return MNL{}, refuse("no purchase", noPurchase, ErrRange)
	}
	m := MNL{Utility: make([]float64, len(weights)), NoPurchase: math.Log(noPurchase)}
	for i, w := range weights {
		m.Utility[i] = math.Log(w)
	}
	return m, nil
}

// Choice is what customers choose from an offer.
type Choice struct {
	// Buy has the probability of each offered product, in the order of the offer.
	Buy []float64
	// Nothing is the probability to buy nothing.
	Nothing float64
}

// Choose returns the probabilities for an offer. Utilities of any size are fine:
// the largest is taken out before exponents are formed. O(len(offer)).
func (m MNL) Choose(offer []int) (Choice, error) {
	if err := m.check(); err != nil {
		return Choice{}, err
	}
	if err := checkOffer(offer, len(m.Utility)); err != nil {
		return Choice{}, err
	}
	most := m.NoPurchase
	for _, i := range offer {
		most = math.Max(most, m.Utility[i])
	}
	if math.IsInf(most, -1) {
		return Choice{Buy: make([]float64, len(offer)), Nothing: 1}, nil
	}
	c := Choice{Buy: make([]float64, len(offer)), Nothing: math.Exp(m.NoPurchase - most)}
	sum := c.Nothing
	for k, i := range offer {
		c.Buy[k] = math.Exp(m.Utility[i] - most)
		sum += c.Buy[k]
	}
	for k := range c.Buy {
		c.Buy[k] /= sum
	}
	c.Nothing /= sum
	return c, nil
}

func (m MNL) check() error {
	bad := func(x float64) bool { return math.IsNaN(x) || x > 1e9 }
	if bad(m.NoPurchase) {
		return refuse("utility of no purchase", m.NoPurchase, ErrRange)
	}
	for i, u := range m.Utility {
		if bad(u) {
			return indexed("utility", i, u, -math.MaxFloat64, 1e9)
		}
	}
	return nil
}

// weights returns attraction weights relative to the largest, which is 1.
func (m MNL) weights() (v []float64, v0 float64) {
	most := m.NoPurchase
	for _, u := range m.Utility {
		most = math.Max(most, u)
	}
	if math.IsInf(most, -1) {
		return make([]float64, len(m.Utility)), 1
	}
	v = make([]float64, len(m.Utility))
	for i, u := range m.Utility {
		v[i] = math.Exp(u - most)
	}
	return v, math.Exp(m.NoPurchase - most)
}
