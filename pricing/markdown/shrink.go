package markdown

import (
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// Category is what the products of a category have in common.
type Category struct {
	// Elasticity is that of a typical product.
	Elasticity Estimate
	// Spread is the standard deviation of the products' true elasticities.
	Spread float64
}

// Shrink pulls the elasticity of each product towards that of the category: the
// less its own data say, the further. Between the two they are weighted by their
// precision, and a product that says nothing takes the category's. How far products
// really differ is estimated from how far the estimates do, beyond their errors.
// The level of demand at the mean price of the history stays what it was. At least
// one product must know its elasticity.
func Shrink(products []Demand) ([]Demand, Category, error) {
	var known []Estimate
	for i := range products {
		if se := products[i].Elasticity.StandardError; se < math.Inf(1) {
			// A perfect fit of few points must not weigh more than all others.
			known = append(known, Estimate{Value: products[i].Elasticity.Value, StandardError: math.Max(se, 1e-3)})
		}
	}
	if known == nil {
		return nil, Category{}, field(invalid("none knows its elasticity"), "products")
	}
	mean, _ := pool(known, 0)
	var q, weights, squares float64
	for _, e := range known {
		w := 1 / float64(e.StandardError*e.StandardError)
		q += float64(w * (e.Value - mean) * (e.Value - mean))
		weights, squares = weights+w, squares+float64(w*w)
	}
	between := 0.0
	if len(known) > 1 {
		between = math.Max(0, (q-float64(len(known)-1))/(weights-squares/weights))
	}
	mean, variance := pool(known, between)
	c := Category{Elasticity: Estimate{Value: mean, StandardError: math.Sqrt(variance)}, Spread: math.Sqrt(between)}
	z := normal.Quantile(0.975)
	c.Elasticity.interval(z)

	shrunk := slices.Clone(products)
	for i := range shrunk {
		e := &shrunk[i].Elasticity
		own := 0.0 // the weight of the product's own estimate
		if e.StandardError < math.Inf(1) {
			se := math.Max(e.StandardError, 1e-3)
			own = between / (between + float64(se*se))
			// Of its own error, and of not knowing the category's mean exactly.
			e.StandardError = math.Sqrt(float64(own*se*se) + float64((1-own)*(1-own)*variance))
		} else {
			e.StandardError = math.Sqrt(between + variance)
		}
		e.Value = float64(own*e.Value) + float64((1-own)*mean)
		e.interval(z)
		shrunk[i].Warnings = slices.DeleteFunc(slices.Clone(shrunk[i].Warnings), func(w Warning) bool { return w == Rising && e.Value <= 0 })
	}
	return shrunk, c, nil
}

// pool is the mean weighted by precision, when true values vary by between.
func pool(known []Estimate, between float64) (mean, variance float64) {
	var weights float64
	for _, e := range known {
		w := 1 / (between + float64(e.StandardError*e.StandardError))
		mean, weights = mean+float64(w*e.Value), weights+w
	}
	return mean / weights, 1 / weights
}
