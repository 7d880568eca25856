package market

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Basis is what stands for the competitors of an item.
type Basis uint8

// Bases.
const (
	Median Basis = iota
	Mean
	Lowest
)

// Priced is an item with the own price and those of competitors, in one unit.
type Priced struct {
	SKU         flywheel.SKU
	Own         float64
	Competitors []float64
	// Weight is the item's share in the basket, such as its share of revenue.
	Weight float64
}

// Index compares the own prices of a basket with those of competitors; 100 is the
// same level, 110 means ten percent dearer.
type Index struct {
	// Ratio is own price over basis, of each matched item in the order given.
	Ratio []Ratio
	// Jevons is the weighted geometric mean of the ratios, Carli the weighted
	// arithmetic one, Dutot the ratio of sums, unweighted. International Labour
	// Office (2004), Consumer Price Index Manual, 20.
	Jevons, Carli, Dutot float64
	// Unmatched are items without a competitor's price. They are left out and the
	// weights of the others rescaled.
	Unmatched []flywheel.SKU
	// Matched is the share of the weights that was compared.
	Matched float64
}

// Ratio is an item's own price over its basis.
type Ratio struct {
	SKU   flywheel.SKU
	Ratio float64
}

// IndexOf computes the indices of a basket. Prices are above zero; weights are
// not negative and not all zero among the matched. A basket without any match is
// an error, not an index of 100.
func IndexOf(items []Priced, basis Basis) (Index, error) {
	if basis > Lowest {
		return Index{}, refuse("basis", uint8(basis), ErrInput)
	}
	var x Index
	weights, total, all := []float64{}, 0.0, 0.0
	sumOwn, sumBasis := 0.0, 0.0
	seen := map[flywheel.SKU]bool{}
	for i, item := range items {
		place := func(what string) string { return fmt.Sprintf("items[%d] (%s) %s", i, item.SKU, what) }
		if seen[item.SKU] {
			return Index{}, refuse(place("SKU"), "given twice", ErrInput)
		}
		seen[item.SKU] = true
		if !(item.Own > 0 && item.Own <= 1e15) {
			return Index{}, refuse(place("own price"), item.Own, ErrRange)
		}
		if !(item.Weight >= 0 && item.Weight <= 1e15) {
			return Index{}, refuse(place("weight"), item.Weight, ErrRange)
		}
		for j, p := range item.Competitors {
			if !(p > 0 && p <= 1e15) {
				return Index{}, refuse(place(fmt.Sprintf("competitors[%d]", j)), p, ErrRange)
			}
		}
		all += item.Weight
		if len(item.Competitors) == 0 {
			x.Unmatched = append(x.Unmatched, item.SKU)
			continue
		}
		b := of(item.Competitors, basis)
		x.Ratio = append(x.Ratio, Ratio{item.SKU, item.Own / b})
		weights = append(weights, item.Weight)
		total += item.Weight
		sumOwn += item.Own
		sumBasis += b
	}
	if total == 0 {
		return Index{}, refuse("weight of matched items", total, ErrInput)
	}
	logs, mean := 0.0, 0.0
	for i, r := range x.Ratio {
		w := weights[i] / total
		logs += float64(w * math.Log(r.Ratio))
		mean += float64(w * r.Ratio)
	}
	x.Jevons, x.Carli, x.Dutot = 100*math.Exp(logs), 100*mean, 100*sumOwn/sumBasis
	x.Matched = total / all
	return x, nil
}

func of(prices []float64, basis Basis) float64 {
	switch basis {
	case Mean:
		sum := 0.0
		for _, p := range prices {
			sum += p
		}
		return sum / float64(len(prices))
	case Lowest:
		return slices.Min(prices)
	}
	sorted := slices.Clone(prices)
	slices.Sort(sorted)
	return middle(sorted)
}
