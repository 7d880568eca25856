package forecast

import "math"

// minimizeBracketed finds a minimum of f between low and high, given a point
// inside at which f is at most what it is at both ends, by Brent's method
// (Brent, 1973, chapter 5). It returns the best point seen and its value.
func minimizeBracketed(low, inside, high, value, tolerance float64, f func(float64) float64) (float64, float64) {
	const golden = 0.3819660112501051
	x, w, v := inside, inside, inside
	fx, fw, fv := value, value, value
	step, previous := 0.0, 0.0
	for range 60 {
		middle := (low + high) / 2
		if math.Abs(x-middle) <= 2*tolerance-(high-low)/2 {
			break
		}
		parabolic := false
		if math.Abs(previous) > tolerance {
			r := (x - w) * (fx - fv)
			q := (x - v) * (fx - fw)
			p := float64((x-v)*q) - float64((x-w)*r)
			q = 2 * (q - r)
			if q > 0 {
				p = -p
			}
			q = math.Abs(q)
			if math.Abs(p) < math.Abs(q*previous/2) && p > q*(low-x) && p < q*(high-x) {
				previous, step = step, p/q
				if u := x + step; u-low < 2*tolerance || high-u < 2*tolerance {
					step = math.Copysign(tolerance, middle-x)
				}
				parabolic = true
			}
		}
		if !parabolic {
			previous = high - x
			if x >= middle {
				previous = low - x
			}
			step = golden * previous
		}
		u := x + step
		if math.Abs(step) < tolerance {
			u = x + math.Copysign(tolerance, step)
		}
		fu := f(u)
		if fu <= fx {
			if u >= x {
				low = x
			} else {
				high = x
			}
			v, w, x = w, x, u
			fv, fw, fx = fw, fx, fu
			continue
		}
		if u < x {
			low = u
		} else {
			high = u
		}
		if fu <= fw || w == x {
			v, fv, w, fw = w, fw, u, fu
		} else if fu <= fv || v == x || v == w {
			v, fv = u, fu
		}
	}
	return x, fx
}

// minimizeGolden narrows [low, high] by golden sections until it is no wider
// than tolerance and returns its middle. It finds the minimum of a function
// that has one.
func minimizeGolden(low, high, tolerance float64, f func(float64) float64) float64 {
	const ratio = 0.6180339887498949
	left, right := high-float64(ratio*(high-low)), low+float64(ratio*(high-low))
	fl, fr := f(left), f(right)
	for high-low > tolerance {
		if fl < fr {
			high, right, fr = right, left, fl
			left = high - float64(ratio*(high-low))
			fl = f(left)
		} else {
			low, left, fl = left, right, fr
			right = low + float64(ratio*(high-low))
			fr = f(right)
		}
	}
	return (low + high) / 2
}

// minimizePlane improves on point, at which f has the given value, in its first
// two dimensions, by Newton's method with derivatives from differences and a
// damping that grows where a step does not help (Marquardt, 1963). Next to where f
// is infinite, and has no such derivatives, the simplex method goes on.
func minimizePlane(point [3]float64, value float64, f func([3]float64) float64) ([3]float64, float64) {
	const reach, enough = 2e-3, 1e-8
	damping := 1e-3
	for range 20 {
		at := func(x, y float64) float64 {
			return f([3]float64{point[0] + float64(x*reach), point[1] + float64(y*reach), point[2]})
		}
		east, west, north, south, corner := at(1, 0), at(-1, 0), at(0, 1), at(0, -1), at(1, 1)
		if math.IsInf(east+west+north+south+corner, 1) {
			return simplex(point, value, 2, f)
		}
		// In units of reach.
		gx, gy := (east-west)/2, (north-south)/2
		xx, yy, xy := east+west-2*value, north+south-2*value, corner-east-north+value
		moved := false
		for range 8 {
			a, b := math.Abs(xx)*(1+damping)+1e-300, math.Abs(yy)*(1+damping)+1e-300
			determinant := float64(a*b) - float64(xy*xy)
			if determinant > 1e-9*a*b {
				dx, dy := (float64(xy*gy)-float64(b*gx))/determinant, (float64(xy*gx)-float64(a*gy))/determinant
				next := [3]float64{min(max(point[0]+float64(dx*reach), 0), 1), min(max(point[1]+float64(dy*reach), 0), 1), point[2]}
				if least := f(next); least < value {
					gained := value - least
					point, value, moved = next, least, gained > enough*value
					damping /= 8
					break
				}
			}
			damping = 8*damping + 1e-3
		}
		if !moved {
			break
		}
	}
	return point, value
}

// minimizeUnitCube improves on point, at which f has the given value, by the
// simplex method (Nelder & Mead, 1965) with points held inside the unit cube;
// only the first size of its dimensions vary.
// It starts again from the result until that gains nothing more, and returns
// the best point with its value.
func minimizeUnitCube(point [3]float64, value float64, size int, f func([3]float64) float64) ([3]float64, float64) {
	for range 4 {
		next, least := simplex(point, value, size, f)
		gained := value - least
		point, value = next, least
		if !(gained > 1e-9*math.Abs(value)) {
			break
		}
	}
	return point, value
}

func simplex(point [3]float64, value float64, size int, f func([3]float64) float64) ([3]float64, float64) {
	type vertex struct {
		at    [3]float64
		value float64
	}
	evaluate := func(at [3]float64) vertex {
		for i := range at {
			at[i] = min(max(at[i], 0), 1)
		}
		return vertex{at, f(at)}
	}
	var corners [4]vertex
	v := corners[:size+1]
	v[0] = vertex{point, value}
	for i := range size {
		at := point
		if at[i] += 0.1; at[i] > 1 {
			at[i] -= 0.2
		}
		v[i+1] = evaluate(at)
	}
	for range 200 {
		for i := 1; i < len(v); i++ { // insertion sort, best first
			for j := i; j > 0 && v[j].value < v[j-1].value; j-- {
				v[j], v[j-1] = v[j-1], v[j]
			}
		}
		worst := &v[size]
		if worst.value-v[0].value <= 1e-11*math.Abs(v[0].value) {
			break
		}
		var centre [3]float64
		for i := range centre {
			for _, vertex := range v[:size] {
				centre[i] += vertex.at[i] / float64(size)
			}
		}
		along := func(t float64) vertex {
			var at [3]float64
			for i := range at {
				at[i] = centre[i] + float64(t*(worst.at[i]-centre[i]))
			}
			return evaluate(at)
		}
		reflected := along(-1)
		switch {
		case reflected.value < v[0].value:
			if expanded := along(-2); expanded.value < reflected.value {
				reflected = expanded
			}
			*worst = reflected
		case reflected.value < v[size-1].value:
			*worst = reflected
		default:
			contracted := along(0.5)
			if reflected.value < worst.value {
				contracted = along(-0.5)
			}
			if contracted.value < math.Min(worst.value, reflected.value) {
				*worst = contracted
				continue
			}
			for i := 1; i < len(v); i++ { // shrink towards the best
				at := v[i].at
				for j := range at {
					at[j] = (at[j] + v[0].at[j]) / 2
				}
				v[i] = evaluate(at)
			}
		}
	}
	if v[0].value <= value {
		return v[0].at, v[0].value
	}
	return point, value
}
