package forecast

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// common is what launches have in common, and how they differ.
type common struct {
	profile []float64
	sigma   float64
	misses  []float64
	few     float64 // factor on them where few analogues tell them
	alone   bool    // there is only one

	analogues []Analogue
	weights   []float64
	levels    []float64
}

// leastDeviation is the least relative deviation of single periods, for
// analogues that are all alike.
const leastDeviation = 0.01

// leastLevel is the least mean of an analogue that can be divided by.
const leastLevel = 1e-200

// leastProfile is the share of the mean below which an age tells nothing of the
// level.
const leastProfile = 0.01

// newCommon finds it. Each analogue has demand.
func newCommon(analogues []Analogue) *common {
	c := &common{analogues: analogues, weights: make([]float64, len(analogues)), levels: make([]float64, len(analogues))}
	longest, most, counted := 0, 0.0, 0
	for _, a := range analogues {
		longest, most = max(longest, len(a.Values)), max(most, a.Weight)
	}
	for i, a := range analogues {
		c.weights[i] = 1
		if most > 0 {
			c.weights[i] = a.Weight / most
		}
		c.levels[i] = average(a.Values)
		if c.weights[i] > 0 {
			counted++
		}
	}
	c.alone = counted == 1
	// By this factor normal quantiles become about those of Student's t with as
	// many degrees of freedom as there are analogues.
	var ones, squares float64
	for _, w := range c.weights {
		ones += w
		squares += float64(w * w)
	}
	c.few = 1 + 2*squares/(ones*ones)
	c.profile = make([]float64, longest)
	c.align()
	c.leaveOut()
	return c
}

// align finds levels and profile by turns.
func (c *common) align() {
	total := make([]float64, len(c.profile))
	for range 100 {
		clear(c.profile)
		clear(total)
		for i, a := range c.analogues {
			for t, y := range a.Values {
				c.profile[t] += float64(c.weights[i] * (y / c.levels[i]))
				total[t] += c.weights[i]
			}
		}
		last := 1.0 // an age that only analogues without weight have reached
		for t, w := range total {
			if w > 0 {
				last = c.profile[t] / w
			}
			c.profile[t] = last
		}
		mean := average(c.profile)
		for t := range c.profile {
			if c.profile[t] /= mean; c.profile[t] < leastProfile {
				c.profile[t] = 0
			}
		}
		change := 0.0
		for i, a := range c.analogues {
			sales, sum := 0.0, 0.0
			for t, y := range a.Values {
				sales += y
				sum += c.profile[t]
			}
			if level := sales / sum; sum > 0 && level > 0 {
				change = max(change, math.Abs(level/c.levels[i]-1))
				c.levels[i] = level
			}
		}
		if change < 1e-12 {
			break
		}
	}
}

// leaveOut measures each analogue by the profile of the others.
func (c *common) leaveOut() {
	total := make([]float64, len(c.profile))
	for i, a := range c.analogues {
		for t := range a.Values {
			total[t] += c.weights[i]
		}
	}
	var noise, noises float64
	errors, weights := make([]float64, len(c.profile)), make([]float64, len(c.profile))
	for i, a := range c.analogues {
		w := c.weights[i]
		others := make([]float64, 0, len(a.Values)) // their profile, while there are any
		for t, y := range a.Values {
			rest := total[t] - w
			if rest <= 1e-9*total[t] {
				break
			}
			p := (float64(total[t]*c.profile[t]) - float64(w*(y/c.levels[i]))) / rest
			if p < leastProfile {
				p = 0
			}
			others = append(others, p)
		}
		var sales, sum float64
		for t, p := range others {
			sales += a.Values[t]
			sum += p
		}
		if sum == 0 || w == 0 {
			continue
		}
		whole := sales / sum
		if whole == 0 {
			whole = c.levels[i]
		}
		var soFar, before float64
		for t, p := range others {
			if p > 0 {
				e := a.Values[t]/whole - p
				noise += float64(w * e * e / p)
				noises += w
			}
			soFar += a.Values[t]
			before += p
			if after := sum - before; before > 0 && after > leastProfile {
				miss := (float64((sales-soFar)/after) - float64(soFar/before)) / whole
				errors[t] += float64(w * miss * miss)
				weights[t] += w
			}
		}
	}
	c.sigma = leastDeviation
	if noises > 0 {
		c.sigma = max(math.Sqrt(noise/noises), leastDeviation)
	}
	least := float64(c.sigma * c.sigma)
	sum, last := 0.0, 1.0
	for t, p := range c.profile {
		sum += p
		if weights[t] > 0 {
			last = errors[t] / weights[t]
		}
		// A level is not known better than single periods allow.
		m := last
		if sum > 0 {
			m = max(m, least/sum)
		}
		c.misses = append(c.misses, min(m, 1e6))
	}
}

// Similarities returns how alike the attributes of a product are to those of
// each other, from 0 to 1, as weights of its analogues: one less the mean
// difference of the attributes, each in relation to the range it has among them
// all (Gower, 1971). A property that a product has or has not is 1 or 0; NaN is
// unknown and left out. With nothing to compare the similarity is 0.
func Similarities(product []float64, others ...[]float64) ([]float64, error) {
	low, high := make([]float64, len(product)), make([]float64, len(product))
	for k := range low {
		low[k], high[k] = math.Inf(1), math.Inf(-1)
	}
	for i := -1; i < len(others); i++ {
		attributes := product
		if i >= 0 {
			attributes = others[i]
		}
		if len(attributes) != len(product) {
			return nil, fmt.Errorf("forecast: %d attributes and %d: %w", len(attributes), len(product), flywheel.ErrInvalid)
		}
		for k, v := range attributes {
			if math.IsNaN(v) {
				continue
			}
			if !(math.Abs(v) <= MaxMagnitude) {
				return nil, &SettingError{Model: "Similarities", Setting: fmt.Sprintf("attribute %d", k), Value: v, Want: "finite, or NaN for unknown"}
			}
			low[k], high[k] = min(low[k], v), max(high[k], v)
		}
	}
	similarities := make([]float64, len(others))
	for i, attributes := range others {
		alike, compared := 0.0, 0.0
		for k, v := range attributes {
			if math.IsNaN(v) || math.IsNaN(product[k]) {
				continue
			}
			compared++
			alike++
			if high[k] > low[k] {
				alike -= math.Abs(v-product[k]) / (high[k] - low[k])
			}
		}
		if compared > 0 {
			similarities[i] = alike / compared
		}
	}
	return similarities, nil
}
