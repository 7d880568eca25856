package forecast

import "slices"

// median sorts the values and returns their middle.
func median(values []float64) float64 {
	slices.Sort(values)
	return quantileOfSorted(values, 0.5)
}

// quantileOfSorted lies between two of the values in proportion (Hyndman & Fan,
// 1996, type 7), as R's default does.
func quantileOfSorted(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	share := at - float64(i)
	return float64((1-share)*sorted[i]) + float64(share*sorted[i+1])
}
