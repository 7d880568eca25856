package forecast

import "math"

// objective is a function to be minimized, with its gradient.
type objective interface {
	// value is that at x, +Inf where there is none.
	value(x []float64) float64
	// slope fills gradient at the x where value was last called and returned
	// the given finite value.
	slope(x, gradient []float64, value float64)
}

// quasiNewton minimizes by the method of Broyden, Fletcher, Goldfarb & Shanno
// (Nocedal & Wright, 2006, algorithm 6.1) with a line search that halves and
// interpolates. It keeps its memory from one call to the next.
type quasiNewton struct {
	gradient, direction, next, nextGradient, change []float64
	inverse                                         []float64 // approximates the inverse Hessian, by rows
	patience, near                                  float64
}

// minimize improves x until a step promises less than tolerance, and returns
// the value there. It stops early where after eight steps the value is still further
// than near beyond hopeless, and patience steps like the last would not make that up.
func (q *quasiNewton) minimize(f objective, x []float64, tolerance, hopeless float64, steps int) float64 {
	n := len(x)
	q.gradient, q.direction = resizeOver(q.gradient, n), resizeOver(q.direction, n)
	q.next, q.nextGradient = resizeOver(q.next, n), resizeOver(q.nextGradient, n)
	q.change, q.inverse = resizeOver(q.change, n), resizeOver(q.inverse, n*n)
	value := f.value(x)
	if math.IsInf(value, 1) {
		return value
	}
	f.slope(x, q.gradient, value)
	fresh := true
	idle := 0
	for step := range steps {
		if fresh {
			q.restart()
		}
		slope := q.descend()
		if slope >= 0 {
			if fresh {
				break
			}
			fresh = true
			continue
		}
		if -slope < tolerance {
			break
		}
		length := 1.0
		if fresh {
			length = math.Min(1, 1/math.Sqrt(-slope))
		}
		moved, least := q.search(f, x, value, slope, length)
		if !moved {
			if fresh {
				break
			}
			fresh = true
			continue
		}
		gained := value - least
		value = least
		fresh = !q.update(x, fresh)
		if gained < tolerance/10 {
			if idle++; idle == 2 {
				break
			}
		} else {
			idle = 0
		}
		if step >= 8 && value-hopeless > max(q.patience*gained, q.near) {
			break
		}
	}
	return value
}

// restart makes the inverse Hessian the identity.
func (q *quasiNewton) restart() {
	clear(q.inverse)
	n := len(q.gradient)
	for i := range n {
		q.inverse[i*n+i] = 1
	}
}

// descend sets the direction to minus the inverse Hessian times the gradient
// and returns the slope along it.
func (q *quasiNewton) descend() float64 {
	n := len(q.gradient)
	slope := 0.0
	for i := range n {
		row, sum := q.inverse[i*n:i*n+n], 0.0
		for j, g := range q.gradient {
			sum += float64(row[j] * g)
		}
		q.direction[i] = -sum
		slope -= float64(sum * q.gradient[i])
	}
	return slope
}

// search goes along the direction until the value falls by enough (Armijo).
// It leaves the new point in next with its gradient, and reports whether there
// is one.
func (q *quasiNewton) search(f objective, x []float64, value, slope, length float64) (bool, float64) {
	for range 25 {
		for i, d := range q.direction {
			q.next[i] = x[i] + float64(length*d)
		}
		at := f.value(q.next)
		if at <= value+float64(1e-4*length*slope) {
			f.slope(q.next, q.nextGradient, at)
			return true, at
		}
		shorter := length / 4
		if !math.IsInf(at, 1) { // the minimum of the parabola
			shorter = -slope * length * length / (2 * (at - value - float64(slope*length)))
			shorter = min(max(shorter, length/10), length/2)
		}
		length = shorter
	}
	return false, value
}

// update moves x to next and improves the inverse Hessian by what was seen. It
// reports false where the curvature is of no use.
func (q *quasiNewton) update(x []float64, first bool) bool {
	n := len(x)
	curvature, square := 0.0, 0.0
	for i := range n {
		q.direction[i] = q.next[i] - x[i]                                                     // s
		q.nextGradient[i], q.gradient[i] = q.nextGradient[i]-q.gradient[i], q.nextGradient[i] // y, new gradient
		curvature += float64(q.direction[i] * q.nextGradient[i])
		square += float64(q.nextGradient[i] * q.nextGradient[i])
		x[i] = q.next[i]
	}
	if !(curvature > 1e-12*square) {
		return square == 0 || !(curvature <= 0)
	}
	if first {
		for i := range n {
			q.inverse[i*n+i] = curvature / square
		}
	}
	// H' = H + (s·y + y'Hy)·ss'/(s·y)² - (Hy·s' + s·y'H)/(s·y)
	quadratic := 0.0
	for i := range n {
		row, sum := q.inverse[i*n:i*n+n], 0.0
		for j, y := range q.nextGradient {
			sum += float64(row[j] * y)
		}
		q.change[i] = sum
		quadratic += float64(sum * q.nextGradient[i])
	}
	a := (1 + quadratic/curvature) / curvature
	for i := range n {
		row, si, hi := q.inverse[i*n:i*n+n], q.direction[i], q.change[i]/curvature
		left := float64(a*si) - hi
		right := si / curvature
		for j, s := range q.direction {
			row[j] += float64(left*s) - float64(right*q.change[j])
		}
	}
	return true
}
