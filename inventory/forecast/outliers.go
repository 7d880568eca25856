package forecast

import (
	"math"
	"slices"
)

// replaceOutliers puts what is usual in place of the outliers of seen.
func (c *Cleaning) replaceOutliers(g *gappy, season int, seen []float64, cause []Cause) {
	if rare(g.values) {
		c.replaceLargeDemands(g, seen, cause)
		return
	}
	cycles := len(seen) / season
	if len(g.values) < 8 || season > 1 && cycles < 2 {
		return
	}
	x := explanations{gappy: gappy{slices.Clone(g.values), g.at}, root: notNegative(g.values)}
	if x.root {
		for k, v := range x.values {
			x.values[k] = math.Sqrt(v)
		}
	}
	x.all = slices.Repeat([]float64{math.NaN()}, len(seen))
	for k, i := range x.at {
		x.all[i] = x.values[k]
	}
	n := len(x.values)
	usual, nearest, distance := make([]float64, n), make([]float64, n), make([]float64, n)
	scale := 0.0
	for k, z := range x.values {
		x.list = x.list[:0]
		if season > 1 {
			x.bySeason(x.at[k], season)
		}
		known := len(x.list)
		if known == 0 || cycles == 2 {
			x.byNeighbors(k)
		}
		if known == 0 {
			known = len(x.list)
		}
		nearest[k] = x.list[0]
		for _, e := range x.list[1:] {
			if math.Abs(z-e) < math.Abs(z-nearest[k]) {
				nearest[k] = e
			}
		}
		usual[k] = median(x.list[:known])
		distance[k] = z - usual[k]
		scale = max(scale, math.Abs(z))
	}
	sorted := slices.Sorted(slices.Values(distance))
	low, high := quantileOfSorted(sorted, 0.25), quantileOfSorted(sorted, 0.75)
	reach := float64(c.Fence * (high - low))
	if !c.IncludeLast {
		n-- // it may be the first of a new level
	}
	for k, z := range x.values[:n] {
		var far bool
		if high-low > 1e-9*scale {
			d := z - nearest[k]
			far = d > high+reach || d < low-reach
		} else {
			y, e := g.values[k], x.restore(nearest[k])
			far = e > 0 && (y > c.Factor*e || c.Factor*y < e)
		}
		if far {
			i := g.at[k]
			seen[i], cause[i] = x.restore(usual[k]), Outlying
		}
	}
}

// replaceLargeDemands does it for intermittent demand.
func (c *Cleaning) replaceLargeDemands(g *gappy, seen []float64, cause []Cause) {
	var sizes []float64
	for _, v := range g.values {
		if v > 0 {
			sizes = append(sizes, v)
		}
	}
	if len(sizes) < 5 {
		return
	}
	slices.Sort(sizes)
	usual := quantileOfSorted(sizes, 0.5)
	low, high := math.Log(quantileOfSorted(sizes, 0.25)), math.Log(quantileOfSorted(sizes, 0.75))
	limit := high + float64(c.Fence*(high-low))
	for k, v := range g.values {
		if v > c.Factor*usual && math.Log(v) > limit {
			i := g.at[k]
			seen[i], cause[i] = usual, Outlying
		}
	}
}

// explanations collects what an observation could be.
type explanations struct {
	gappy            // on the scale on which they are compared
	all    []float64 // with the gaps
	root   bool      // that scale is the square root
	list   []float64
	buffer []float64
}

// restore returns to the scale of the observations.
func (x *explanations) restore(z float64) float64 {
	if x.root {
		z = max(z, 0)
		return z * z
	}
	return z
}

// byNeighbors adds the levels and lines on both sides of the k-th observation.
func (x *explanations) byNeighbors(k int) {
	z, n := x.values, len(x.values)
	side := func(near, far []float64) { // three observations, three further on
		if len(near) > 0 {
			x.list = append(x.list, x.median(near))
		}
		if len(far) == 3 {
			level := x.median(near)
			x.list = append(x.list, level+float64((level-x.median(far))*2/3))
		}
	}
	before, after := z[max(k-3, 0):k], z[min(k+1, n):min(k+4, n)]
	side(before, z[max(k-6, 0):max(k-3, 0)])
	side(after, z[min(k+4, n):min(k+7, n)])
	switch {
	case len(before) == 0:
		x.list = append(x.list, after[0])
	case len(after) == 0:
		x.list = append(x.list, before[len(before)-1])
	}
	x.buffer = append(append(x.buffer[:0], before...), after...)
	x.list = append(x.list, median(x.buffer))
}

// bySeason adds the observations whole cycles away, moved by what the
// neighbors of observation i changed over that time.
func (x *explanations) bySeason(i, season int) {
	for _, lag := range [4]int{-season, season, -2 * season, 2 * season} {
		j := i + lag
		if j < 0 || j >= len(x.all) || math.IsNaN(x.all[j]) {
			continue
		}
		for _, side := range [2]int{-1, 1} {
			x.buffer = x.buffer[:0]
			for step := 1; step <= 3; step++ {
				t := i + side*step
				if t < 0 || t >= len(x.all) || t+lag < 0 || t+lag >= len(x.all) {
					break
				}
				if change := x.all[t] - x.all[t+lag]; !math.IsNaN(change) {
					x.buffer = append(x.buffer, change)
				}
			}
			if len(x.buffer) > 0 {
				x.list = append(x.list, x.all[j]+median(x.buffer))
			}
		}
	}
}

// median leaves values as they are.
func (x *explanations) median(values []float64) float64 {
	x.buffer = append(x.buffer[:0], values...)
	return median(x.buffer)
}
