package forecast

// Classical decomposition (Kendall & Stuart, 1983, as R's stats::decompose).

// centeredAverage returns the moving average of a cycle's length centered on each
// observation that has half a cycle on both sides, in the memory of dst. With an
// even number of seasons the two ends count half.
func centeredAverage(dst, values []float64, seasons int) []float64 {
	half := seasons / 2
	trend := resizeOver(dst, max(len(values)-2*half, 0))
	for i := range trend {
		window := values[i : i+2*half+1]
		sum := 0.0
		for _, y := range window {
			sum += y
		}
		if seasons%2 == 0 {
			sum -= (window[0] + window[len(window)-1]) / 2
		}
		trend[i] = sum / float64(seasons)
	}
	return trend
}

// seasonalIndices returns the mean difference, or quotient, of the values to
// their trend in each season, relative to the mean of all seasons, in the memory
// of dst. The trend is for the values from position first on.
func seasonalIndices(dst, values, trend []float64, first, seasons int, multiplicative bool) []float64 {
	index := resize(dst, seasons)
	for i, m := range trend {
		k := (first + i) % seasons
		if multiplicative {
			index[k] += values[first+i] / m
		} else {
			index[k] += values[first+i] - m
		}
	}
	mean := 0.0
	for k := range index {
		// The season k comes after so many values of the trend, then each cycle.
		before := (k - first%seasons + seasons) % seasons
		index[k] /= float64((len(trend) - before + seasons - 1) / seasons)
		mean += index[k] / float64(seasons)
	}
	for k := range index {
		if multiplicative {
			index[k] /= mean
		} else {
			index[k] -= mean
		}
	}
	return index
}

// line returns the least-squares line through y at 1, 2, …: its value at 0 and
// its slope.
func line(y []float64) (intercept, slope float64) {
	middle := float64(len(y)+1) / 2
	mean := average(y)
	var up, square float64
	for i, v := range y {
		x := float64(i+1) - middle
		up += float64(x * (v - mean))
		square += float64(x * x)
	}
	if square > 0 {
		slope = up / square
	}
	return mean - float64(slope*middle), slope
}
