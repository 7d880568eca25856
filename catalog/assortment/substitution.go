package assortment

import "fmt"

// Substitution is a model of what customers do whose product is missing: the
// share Rate of them takes one other product, and tries once.
type Substitution struct {
	// Demand is what each product would sell if everything were offered.
	Demand []float64
	Rate   float64
	// To has, for each missing product, the shares with which customers try the
	// others: To[j][i], summing to at most 1 over i. Nil is proportional to the
	// demand of the other products, offered or not.
	To [][]float64
}

// Effective is the demand under an offer.
type Effective struct {
	// Demand of each product, 0 for those not offered.
	Demand []float64
	// Lost is what is not sold: customers who do not try another product, or whose
	// other product is missing too.
	Lost float64
	// Moved is what offered products gain from missing ones.
	Moved float64
}

// Under returns the demand when only offer is there. Kök and Fisher (2007),
// Demand estimation and assortment optimization under substitution, 3.
// O(offered × missing).
func (s Substitution) Under(offer []int) (Effective, error) {
	n := len(s.Demand)
	if err := all("demand", s.Demand, 0, 1e15); err != nil {
		return Effective{}, err
	}
	if !(s.Rate >= 0 && s.Rate <= 1) {
		return Effective{}, refuse("rate", s.Rate, ErrRange)
	}
	if err := checkOffer(offer, n); err != nil {
		return Effective{}, err
	}
	if s.To != nil && len(s.To) != n {
		return Effective{}, refuse("rows of shares", len(s.To), ErrInput)
	}
	total := 0.0
	for _, d := range s.Demand {
		total += d
	}
	for j, row := range s.To {
		if len(row) != n {
			return Effective{}, refuse(fmt.Sprintf("length of shares[%d]", j), len(row), ErrInput)
		}
		sum := 0.0
		for i, x := range row {
			if !(x >= 0 && x <= 1) {
				return Effective{}, refuse(fmt.Sprintf("shares[%d][%d]", j, i), x, ErrRange)
			}
			if i != j {
				sum += x
			}
		}
		if sum > 1+1e-9 {
			return Effective{}, refuse(fmt.Sprintf("sum of shares[%d]", j), sum, ErrRange)
		}
	}
	offered := make([]bool, n)
	e := Effective{Demand: make([]float64, n)}
	for _, i := range offer {
		offered[i] = true
		e.Demand[i] = s.Demand[i]
	}
	for j, d := range s.Demand {
		if offered[j] {
			continue
		}
		taken := 0.0
		for _, i := range offer {
			share := 0.0
			switch {
			case s.To != nil:
				share = s.To[j][i]
			case total-d > 0:
				share = s.Demand[i] / (total - d)
			}
			moved := d * s.Rate * share
			e.Demand[i] += moved
			taken += moved
		}
		e.Moved += taken
		e.Lost += d - taken
	}
	return e, nil
}
