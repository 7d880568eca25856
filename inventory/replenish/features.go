package replenish

import (
	"math"
	"slices"
)

// features is the number of figures that describe a moment in a history.
const features = 19

// moment describes what is known of an item at a review. Quantities are in
// multiples of scale, the mean size of a sale, so that items can be compared.
type moment struct {
	features [features]float64
	scale    float64
	mean     float64         // demand of a period
	levels   [ladder]float64 // that the laws advise, see advised
}

// ladder is the number of levels that the laws advise: for a unit short that
// costs once, twice, four times … what the critical ratio says.
const ladder = 7

// advised returns the level that the laws advise, in multiples of scale, for a
// unit short that costs times as much as the critical ratio says.
func (m *moment) advised(times float64) float64 {
	step := math.Min(math.Log2(times), ladder-1)
	i := min(int(step), ladder-2)
	return m.levels[i] + float64((step-float64(i))*(m.levels[i+1]-m.levels[i]))
}

// describe computes the features of a history, after which the laws believe
// something of the item: the level that they advise; the size of a sale; how often the item sells, in all and of
// late, and how long ago it did; means and the deviation of the demand, of which
// older periods count less; sizes of sales; and the demand of past protection
// intervals. scratch is memory to use again. O(n log n).
func describe(history []float64, periods int, ratio float64, b *belief, m *moment, scratch []float64) []float64 {
	n := float64(len(history))
	sales, sum, squares, largest, last := 0.0, 0.0, 0.0, 0.0, 0.0
	since := n // periods since the last sale
	often, oftenNear, weight, weightNear := 0.0, 0.0, 0.0, 0.0
	sizes := scratch[:0]
	for t, y := range history {
		sold := 0.0
		if y > 0 {
			sold, last, since = 1, y, n-1-float64(t)
			sizes = append(sizes, y)
		}
		sales += sold
		sum += y
		squares += float64(y * y)
		largest = math.Max(largest, y)
		often, weight = float64(often*0.97)+sold, float64(weight*0.97)+1
		oftenNear, weightNear = float64(oftenNear*0.9)+sold, float64(weightNear*0.9)+1
	}
	size, middle, spread := 1.0, 1.0, 0.0
	if sales > 0 {
		size = sum / sales
		slices.Sort(sizes)
		middle = sizes[len(sizes)/2]
		spread = math.Sqrt(math.Max(squares/sales-float64(size*size), 0)) / size
	}
	totals := sizes[:0]
	for t := 0; t+periods <= len(history); t++ {
		total := 0.0
		for _, y := range history[t : t+periods] {
			total += y
		}
		totals = append(totals, total)
	}
	quantile, deviation, most, mostYear := largest, largest, largest, largest
	if k := len(totals); k > 0 {
		mean, square, weight := discounted(totals, 0.95), 0.0, 0.0
		for _, total := range totals {
			square, weight = float64(square*0.97)+float64((total-mean)*(total-mean)), float64(weight*0.97)+1
		}
		deviation = math.Sqrt(square / weight)
		most, mostYear = slices.Max(totals[max(k-3, 0):]), slices.Max(totals[max(k-12, 0):])
		slices.Sort(totals)
		quantile = totals[int(math.Ceil(float64(ratio*float64(k))-1e-9))-1]
	}
	m.scale, m.mean = size, sum/n
	b.quantiles(ratio, &m.levels)
	level := m.levels[0]
	for i := range m.levels {
		m.levels[i] /= size
	}
	m.features = [features]float64{
		level / size, math.Log(level + 1), math.Log(size),
		sales / n, often / weight, oftenNear / weightNear, since * sales / n,
		discounted(history, 0.97) / size, discounted(history, 0.9) / size, discounted(history, 0.7) / size, history[len(history)-1] / size,
		middle / size, largest / size, spread, last / size,
		deviation / size, most / size, mostYear / size, quantile / size,
	}
	return totals
}

func meanOf(history []float64) float64 {
	sum := 0.0
	for _, y := range history {
		sum += y
	}
	return sum / math.Max(float64(len(history)), 1)
}

// discounted returns the mean of a history in which each period counts keep
// times as much as the one after it.
func discounted(history []float64, keep float64) float64 {
	sum, weight := 0.0, 0.0
	for _, y := range history {
		sum = float64(sum*keep) + y
		weight = float64(weight*keep) + 1
	}
	return sum / weight
}
