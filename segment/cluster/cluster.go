package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Options are the options of [KMeans]. Nil means defaults.
type Options struct {
	// Starts is how many starts are tried, the best end of which is taken; default 10.
	Starts int
	// Seed fixes the starts.
	Seed uint64
	// Passes bounds the passes of one start; default 300.
	Passes int
}

// Result is a clustering. Clusters are in order of size, the largest first, then by center.
type Result struct {
	// Centers are the means of the clusters, Sizes how many points each has.
	Centers [][]float64
	Sizes   []int
	// Of is the cluster of each point.
	Of []int
	// Inertia is the sum of the squared distances to the centers.
	Inertia float64
}

// Nearest is the cluster whose center is nearest to a point, the first of equals.
func (r *Result) Nearest(point []float64) int {
	best, least := 0, math.Inf(1)
	for i, c := range r.Centers {
		if d := squared(point, c); d < least {
			best, least = i, d
		}
	}
	return best
}

// check returns the dimension of the points.
func check(points [][]float64) (int, error) {
	if len(points) == 0 || len(points[0]) == 0 {
		return 0, fmt.Errorf("cluster: no points: %w", flywheel.ErrInvalid)
	}
	d := len(points[0])
	for i, p := range points {
		if len(p) != d {
			return 0, fmt.Errorf("cluster: point %d has %d coordinates, the first has %d: %w", i, len(p), d, flywheel.ErrInvalid)
		}
		for _, x := range p {
			if math.IsNaN(x) || math.IsInf(x, 0) || math.Abs(x) > 1e100 {
				return 0, fmt.Errorf("cluster: point %d has the coordinate %v: %w", i, x, flywheel.ErrOutOfRange)
			}
		}
	}
	return d, nil
}

func squared(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		d := a[i] - b[i]
		sum += float64(d * d)
	}
	return sum
}

// Scale is by what points were standardized.
type Scale struct{ Mean, SD []float64 }

// Apply standardizes another point.
func (s Scale) Apply(point []float64) []float64 {
	z := make([]float64, len(point))
	for i, x := range point {
		if s.SD[i] > 0 {
			z[i] = (x - s.Mean[i]) / s.SD[i]
		}
	}
	return z
}

// Standardize subtracts the mean of each coordinate and divides by its standard
// deviation (of the population); a constant coordinate becomes 0.
func Standardize(points [][]float64) ([][]float64, Scale, error) {
	d, err := check(points)
	if err != nil {
		return nil, Scale{}, err
	}
	s := Scale{make([]float64, d), make([]float64, d)}
	n := float64(len(points))
	for _, p := range points {
		for i, x := range p {
			s.Mean[i] += x / n
		}
	}
	for _, p := range points {
		for i, x := range p {
			s.SD[i] += (x - s.Mean[i]) * (x - s.Mean[i]) / n
		}
	}
	for i := range s.SD {
		s.SD[i] = math.Sqrt(s.SD[i])
	}
	z := make([][]float64, len(points))
	for i, p := range points {
		z[i] = s.Apply(p)
	}
	return z, s, nil
}

// KMeans finds k clusters of least inertia.
func KMeans(points [][]float64, k int, opts *Options) (*Result, error) {
	if _, err := check(points); err != nil {
		return nil, err
	}
	if k < 1 || k > len(points) {
		return nil, fmt.Errorf("cluster: %d clusters of %d points: %w", k, len(points), flywheel.ErrOutOfRange)
	}
	o := Options{Starts: 10, Passes: 300}
	if opts != nil {
		o.Seed = opts.Seed
		if opts.Starts != 0 {
			o.Starts = opts.Starts
		}
		if opts.Passes != 0 {
			o.Passes = opts.Passes
		}
	}
	if o.Starts < 1 || o.Passes < 1 {
		return nil, fmt.Errorf("cluster: %d starts of %d passes: %w", o.Starts, o.Passes, flywheel.ErrOutOfRange)
	}
	var best *Result
	for s := range o.Starts {
		r := lloyd(points, plusPlus(points, k, rand.New(rand.NewPCG(o.Seed, uint64(s)))), o.Passes)
		if best == nil || r.Inertia < best.Inertia {
			best = r
		}
	}
	best.order()
	return best, nil
}

// plusPlus chooses starts: each next one with a chance in proportion to its
// squared distance from the nearest chosen, the best of 2 + ln k candidates.
func plusPlus(points [][]float64, k int, r *rand.Rand) [][]float64 {
	centers := [][]float64{slices.Clone(points[r.IntN(len(points))])}
	near := make([]float64, len(points))
	total := 0.0
	for i, p := range points {
		near[i] = squared(p, centers[0])
		total += near[i]
	}
	tries := 2 + int(math.Log(float64(k)))
	for len(centers) < k {
		var bestNear []float64
		bestTotal, bestAt := math.Inf(1), 0
		for range tries {
			at, u := len(points)-1, r.Float64()*total
			for i, d := range near {
				if u -= d; u < 0 {
					at = i
					break
				}
			}
			next := make([]float64, len(points))
			sum := 0.0
			for i, p := range points {
				next[i] = min(near[i], squared(p, points[at]))
				sum += next[i]
			}
			if sum < bestTotal {
				bestNear, bestTotal, bestAt = next, sum, at
			}
		}
		centers = append(centers, slices.Clone(points[bestAt]))
		near, total = bestNear, bestTotal
	}
	return centers
}

// lloyd moves points to the nearest center and centers to the mean until nothing
// moves. A point is looked at only if its distance to its center may exceed half the
// distance to the next center, or the least that another center can be away.
func lloyd(points, centers [][]float64, passes int) *Result {
	n, k, d := len(points), len(centers), len(points[0])
	r := &Result{Centers: centers, Of: make([]int, n), Sizes: make([]int, k)}
	upper, lower := make([]float64, n), make([]float64, n)
	sums := make([][]float64, k)
	for j := range sums {
		sums[j] = make([]float64, d)
	}
	moved := make([]float64, k)
	half := make([]float64, k)
	assign := func(i int) {
		first, second, at := math.Inf(1), math.Inf(1), 0
		for j, c := range centers {
			if x := squared(points[i], c); x < first {
				first, second, at = x, first, j
			} else if x < second {
				second = x
			}
		}
		upper[i], lower[i], r.Of[i] = math.Sqrt(first), math.Sqrt(second), at
	}
	for i := range points {
		assign(i)
	}
	for range passes {
		for j := range sums {
			clear(sums[j])
			r.Sizes[j] = 0
		}
		for i, p := range points {
			r.Sizes[r.Of[i]]++
			s := sums[r.Of[i]]
			for x := range p {
				s[x] += p[x]
			}
		}
		most := 0.0
		for j := range sums {
			if r.Sizes[j] == 0 { // an empty cluster takes the point that is farthest from its own
				far := 0
				for i := range points {
					if upper[i] > upper[far] {
						far = i
					}
				}
				copy(sums[j], points[far])
				r.Sizes[j] = 1
				upper[far] = 0
			}
			for x := range sums[j] {
				sums[j][x] /= float64(r.Sizes[j])
			}
			moved[j] = math.Sqrt(squared(sums[j], centers[j]))
			most = max(most, moved[j])
			copy(centers[j], sums[j])
		}
		if most == 0 {
			break
		}
		for j := range half {
			half[j] = math.Inf(1)
			for o := range centers {
				if o != j {
					half[j] = min(half[j], math.Sqrt(squared(centers[j], centers[o]))/2)
				}
			}
		}
		for i := range points {
			upper[i] += moved[r.Of[i]]
			lower[i] -= most
			bound := max(half[r.Of[i]], lower[i])
			if upper[i] <= bound {
				continue
			}
			if upper[i] = math.Sqrt(squared(points[i], centers[r.Of[i]])); upper[i] > bound {
				assign(i)
			}
		}
	}
	clear(r.Sizes)
	for i := range points {
		assign(i)
		r.Sizes[r.Of[i]]++
	}
	r.exchange(points, passes)
	for i := range points {
		r.Inertia += squared(points[i], centers[r.Of[i]])
	}
	return r
}

// exchange moves single points as long as that lessens the inertia, counting what the move
// does to both centers (Hartigan, 1975), which leaves the places where Lloyd's algorithm
// stops too early.
func (r *Result) exchange(points [][]float64, passes int) {
	r.recenter(points)
	for range passes {
		moved := false
		for i, p := range points {
			own := r.Of[i]
			n := float64(r.Sizes[own])
			if n == 1 {
				continue
			}
			gain := n / (n - 1) * squared(p, r.Centers[own])
			best, least := own, gain*(1-1e-12)
			for j, c := range r.Centers {
				if m := float64(r.Sizes[j]); j != own {
					if cost := m / (m + 1) * squared(p, c); cost < least {
						best, least = j, cost
					}
				}
			}
			if best == own {
				continue
			}
			m := float64(r.Sizes[best])
			for x := range p {
				r.Centers[own][x] += (r.Centers[own][x] - p[x]) / (n - 1)
				r.Centers[best][x] += (p[x] - r.Centers[best][x]) / (m + 1)
			}
			r.Sizes[own]--
			r.Sizes[best]++
			r.Of[i] = best
			moved = true
		}
		if !moved {
			break
		}
	}
	r.recenter(points)
}

// recenter sets the centers to the means of their points.
func (r *Result) recenter(points [][]float64) {
	for j, c := range r.Centers {
		if r.Sizes[j] > 0 {
			clear(c)
		}
	}
	for i, p := range points {
		c := r.Centers[r.Of[i]]
		for x := range p {
			c[x] += p[x]
		}
	}
	for j, c := range r.Centers {
		for x := range c {
			if r.Sizes[j] > 0 {
				c[x] /= float64(r.Sizes[j])
			}
		}
	}
}

// order numbers the clusters by size, then by center.
func (r *Result) order() {
	places := make([]int, len(r.Sizes))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(a, b int) int {
		if r.Sizes[a] != r.Sizes[b] {
			return r.Sizes[b] - r.Sizes[a]
		}
		return slices.Compare(r.Centers[a], r.Centers[b])
	})
	to := make([]int, len(places))
	centers, sizes := make([][]float64, len(places)), make([]int, len(places))
	for i, from := range places {
		to[from] = i
		centers[i], sizes[i] = r.Centers[from], r.Sizes[from]
	}
	r.Centers, r.Sizes = centers, sizes
	for i := range r.Of {
		r.Of[i] = to[r.Of[i]]
	}
}

// groups checks that of says the cluster of each point, and counts them.
func groups(points [][]float64, of []int) ([]int, error) {
	if _, err := check(points); err != nil {
		return nil, err
	}
	if len(of) != len(points) {
		return nil, fmt.Errorf("cluster: %d points in %d clusters: %w", len(points), len(of), flywheel.ErrInvalid)
	}
	sizes := []int{}
	for i, c := range of {
		if c < 0 || c >= len(points) {
			return nil, fmt.Errorf("cluster: point %d is of cluster %d: %w", i, c, flywheel.ErrOutOfRange)
		}
		for len(sizes) <= c {
			sizes = append(sizes, 0)
		}
		sizes[c]++
	}
	if len(sizes) < 2 || slices.Contains(sizes, 0) {
		return nil, fmt.Errorf("cluster: clusters of %v points cannot be scored: %w", sizes, flywheel.ErrInvalid)
	}
	return sizes, nil
}

// Silhouette is the mean over all points of (b - a) / max(a, b), a the mean
// distance to its own cluster and b to the nearest other one; a point alone counts 0. From -1 to 1. O(n²).
func Silhouette(points [][]float64, of []int) (float64, error) {
	sizes, err := groups(points, of)
	if err != nil {
		return 0, err
	}
	n, k := len(points), len(sizes)
	sums := make([]float64, n*k)
	for i := range points {
		for j := i + 1; j < n; j++ {
			d := math.Sqrt(squared(points[i], points[j]))
			sums[i*k+of[j]] += d
			sums[j*k+of[i]] += d
		}
	}
	total := 0.0
	for i := range points {
		own := of[i]
		if sizes[own] == 1 {
			continue
		}
		a, b := sums[i*k+own]/float64(sizes[own]-1), math.Inf(1)
		for c := range sizes {
			if c != own {
				b = min(b, sums[i*k+c]/float64(sizes[c]))
			}
		}
		if most := max(a, b); most > 0 {
			total += (b - a) / most
		}
	}
	return total / float64(n), nil
}

func centersOf(points [][]float64, of, sizes []int) (centers [][]float64, mean []float64) {
	d := len(points[0])
	mean = make([]float64, d)
	for range sizes {
		centers = append(centers, make([]float64, d))
	}
	for i, p := range points {
		for x := range p {
			centers[of[i]][x] += p[x] / float64(sizes[of[i]])
			mean[x] += p[x] / float64(len(points))
		}
	}
	return centers, mean
}

// DaviesBouldin is the mean over clusters of the worst ratio of spreads to distance; less is
// better.
func DaviesBouldin(points [][]float64, of []int) (float64, error) {
	sizes, err := groups(points, of)
	if err != nil {
		return 0, err
	}
	centers, _ := centersOf(points, of, sizes)
	spread := make([]float64, len(sizes))
	for i, p := range points {
		spread[of[i]] += math.Sqrt(squared(p, centers[of[i]])) / float64(sizes[of[i]])
	}
	total := 0.0
	for i := range sizes {
		worst := 0.0
		for j := range sizes {
			if i != j {
				worst = max(worst, (spread[i]+spread[j])/math.Sqrt(squared(centers[i], centers[j])))
			}
		}
		total += worst / float64(len(sizes))
	}
	return total, nil
}

// CalinskiHarabasz is the variance between clusters over the variance within, each by its
// degrees of freedom; more is better.
func CalinskiHarabasz(points [][]float64, of []int) (float64, error) {
	sizes, err := groups(points, of)
	if err != nil {
		return 0, err
	}
	centers, mean := centersOf(points, of, sizes)
	between, within := 0.0, 0.0
	for c, n := range sizes {
		between += float64(n) * squared(centers[c], mean)
	}
	for i, p := range points {
		within += squared(p, centers[of[i]])
	}
	n, k := float64(len(points)), float64(len(sizes))
	return between / (k - 1) / (within / (n - k)), nil
}

// Choice is the clusterings of several numbers of clusters.
type Choice struct {
	// K is the number with the best silhouette, Best its clustering.
	K    int
	Best *Result
	// Silhouettes and Inertias are those of the numbers from the first to the last.
	Silhouettes, Inertias []float64
}

// sampled bounds the points of which Choose computes silhouettes.
const sampled = 2000

// Choose clusters into from to to clusters and takes the number with the best
// silhouette, of at most 2,000 points spread evenly; of equals the smallest.
func Choose(points [][]float64, from, to int, opts *Options) (*Choice, error) {
	if from < 2 || to < from || to > len(points) {
		return nil, fmt.Errorf("cluster: %d to %d clusters of %d points: %w", from, to, len(points), flywheel.ErrOutOfRange)
	}
	c := &Choice{}
	best := math.Inf(-1)
	for k := from; k <= to; k++ {
		r, err := KMeans(points, k, opts)
		if err != nil {
			return nil, err
		}
		some, of := points, r.Of
		if step := (len(points) + sampled - 1) / sampled; step > 1 {
			some, of = nil, nil
			for i := 0; i < len(points); i += step {
				some, of = append(some, points[i]), append(of, r.Of[i])
			}
		}
		score := math.Inf(-1)
		if s, err := Silhouette(some, of); err == nil {
			score = s
		}
		c.Silhouettes, c.Inertias = append(c.Silhouettes, score), append(c.Inertias, r.Inertia)
		if c.Best == nil || score > best {
			c.K, c.Best, best = k, r, score
		}
	}
	return c, nil
}
