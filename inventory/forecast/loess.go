package forecast

import "math"

// loess is local regression on the positions 1, …, n of y with tricube weights
// over window neighbors (Cleveland, 1979), a mean or a line.
type loess struct {
	y      []float64
	window int
	linear bool
}

// smooth fills dst, computing every jump-th point and joining them by lines.
func (l *loess) smooth(dst []float64, jump int) {
	n := len(l.y)
	if n < 2 {
		copy(dst, l.y)
		return
	}
	jump = min(jump, n-1)
	half := (l.window + 1) / 2
	neighbors := func(i int) (left, right int) {
		switch {
		case l.window >= n || i < half:
			return 1, min(l.window, n)
		case i >= n-half+1:
			return n - l.window + 1, n
		default:
			return i - half + 1, l.window + i - half
		}
	}
	last := 1
	for i := 1; i <= n; i += jump {
		left, right := neighbors(i)
		dst[i-1] = l.at(float64(i), left, right, l.y[i-1])
		join(dst, last, i)
		last = i
	}
	if last != n {
		left, right := neighbors(last) // as the original has it
		dst[n-1] = l.at(float64(n), left, right, l.y[n-1])
		join(dst, last, n)
	}
}

// join fills what lies between two positions.
func join(dst []float64, from, to int) {
	for i := from + 1; i < to; i++ {
		dst[i-1] = dst[from-1] + float64((dst[to-1]-dst[from-1])/float64(to-from)*float64(i-from))
	}
}

// at is the regression at x on the positions left to right; where none has a
// weight, it is otherwise.
func (l *loess) at(x float64, left, right int, otherwise float64) float64 {
	n := len(l.y)
	reach := math.Max(x-float64(left), float64(right)-x)
	if l.window > n {
		reach += float64((l.window - n) / 2)
	}
	weight := func(j int) float64 {
		r := math.Abs(float64(j) - x)
		switch {
		case r > 0.999*reach:
			return 0
		case r <= 0.001*reach:
			return 1
		}
		r /= reach
		c := 1 - float64(r*r*r)
		return c * c * c
	}
	var sum, first, value float64
	for j := left; j <= right; j++ {
		w := weight(j)
		sum += w
		first += float64(w * float64(j))
		value += float64(w * l.y[j-1])
	}
	if sum <= 0 {
		return otherwise
	}
	centre := first / sum
	value /= sum
	if !l.linear || reach == 0 {
		return value
	}
	var spread, moment float64
	for j := left; j <= right; j++ {
		w, d := weight(j)/sum, float64(j)-centre
		spread += float64(w * d * d)
		moment += float64(w * d * l.y[j-1])
	}
	if math.Sqrt(spread) > 0.001*float64(n-1) {
		value += float64((x - centre) * moment / spread)
	}
	return value
}
