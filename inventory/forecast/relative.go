package forecast

// relativeSmoothing is smoothing whose errors are a share of the mean.
type relativeSmoothing struct{ smoothing }

func (s *relativeSmoothing) variance(dst, mean []float64, sigma float64) {
	if s.proportional {
		s.varianceOfProducts(dst, sigma*sigma)
		return
	}
	relativeVariance(s, dst, mean, sigma)
}

// relativeVariance is the variance of a process whose error is a share of the
// mean while its parts add up.
func relativeVariance(s process, dst, mean []float64, sigma float64) {
	// Class 2: with θ(1) = m(1)², θ(h) = m(h)² + σ²·Σ c(j)²·θ(h-j), the
	// variance is (1 + σ²)·θ(h) - m(h)² (Hyndman, Koehler, Ord & Snyder,
	// 2008, equation 6.2). dst holds θ first.
	square := sigma * sigma
	for h := range dst {
		dst[h] = float64(mean[h] * mean[h])
		sum := 0.0
		for j := 1; j <= h; j++ {
			c := s.weight(j)
			sum += float64(c * c * dst[h-j])
		}
		dst[h] += float64(square * sum)
	}
	for h := range dst {
		dst[h] = float64((1+square)*dst[h]) - float64(mean[h]*mean[h])
	}
}

// varianceOfProducts is the variance of class 3, where season and error
// multiply. The state is the matrix M of (level, trend) times the seasons; its
// mean and the covariance V of its elements follow the recursion of Hyndman,
// Koehler, Ord & Snyder (2008, section 6.3): with F and G the transition and
// the persistence of each part,
//
//	M' = F₁·M·F₂ᵀ + σ²·G₁·M·G₂ᵀ
//	V' = F·V·Fᵀ + σ²·(F·V·Gᵀ + G·V·Fᵀ + K·(V + mmᵀ)·Kᵀ + σ²·G·(3V + 2mmᵀ)·Gᵀ)
//
// with F = F₂⊗F₁, G = G₂⊗G₁, K = G₂⊗F₁ + F₂⊗G₁ and m the elements of M. F₂ only
// turns the seasons and G₂ has one element, so that each 2×2 block of V' comes
// from one block of V: O(seasons²) per period.
func (s *relativeSmoothing) varianceOfProducts(dst []float64, square float64) {
	n := len(s.season)
	trendForm := 0.0 // 0 without a trend keeps that part of the state at zero
	if s.beta != 0 || s.trend != 0 {
		trendForm = 1
	}
	f := block{1, trendForm, 0, s.phi * trendForm}
	g := block{s.alpha, s.alpha * trendForm, s.beta, s.beta * trendForm}
	k := g.plus(f.times(s.gamma)) // in the row of the season that is observed

	means, old := make([][2]float64, n), make([][2]float64, n)
	for i := range means {
		season := s.season[(s.next+i)%n]
		means[i] = [2]float64{s.level * season, s.phi * s.trend * season}
	}
	v, w := make([]block, n*n), make([]block, n*n)
	// Season 0 is the next to be observed and becomes the last.
	for h := range dst {
		// The observation is the sum of level and trend of season 0.
		mean := means[0][0] + float64(trendForm*means[0][1])
		first := v[0]
		spread := first[0] + trendForm*(first[1]+first[2]+first[3])
		dst[h] = float64((1+square)*spread) + float64(square*mean*mean)
		if h == len(dst)-1 {
			break
		}
		for i := range n {
			for j := range n {
				from, outer := v[i*n+j], product(means[i], means[j])
				to := f.around(from, f)
				if j == 0 {
					to = to.plus(f.around(from, g).times(square * s.gamma))
				}
				if i == 0 {
					to = to.plus(g.around(from, f).times(square * s.gamma))
				}
				ki, kj := g, g
				if i == 0 {
					ki = k
				}
				if j == 0 {
					kj = k
				}
				to = to.plus(ki.around(from.plus(outer), kj).times(square))
				if i == 0 && j == 0 {
					inner := from.times(3).plus(outer.times(2))
					to = to.plus(g.around(inner, g).times(square * square * s.gamma * s.gamma))
				}
				w[(i+n-1)%n*n+(j+n-1)%n] = to
			}
		}
		v, w = w, v
		copy(old, means)
		for i := range n {
			next := f.apply(old[i])
			if i == 0 {
				change := g.apply(old[i])
				next[0] += float64(square * s.gamma * change[0])
				next[1] += float64(square * s.gamma * change[1])
			}
			means[(i+n-1)%n] = next
		}
	}
}

// block is a 2×2 matrix by rows.
type block [4]float64

func (a block) plus(b block) block {
	return block{a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]}
}

func (a block) times(x float64) block { return block{a[0] * x, a[1] * x, a[2] * x, a[3] * x} }

func (a block) apply(v [2]float64) [2]float64 {
	return [2]float64{
		float64(a[0]*v[0]) + float64(a[1]*v[1]),
		float64(a[2]*v[0]) + float64(a[3]*v[1]),
	}
}

// around returns a·x·bᵀ.
func (a block) around(x, b block) block {
	top := [2]float64{float64(a[0]*x[0]) + float64(a[1]*x[2]), float64(a[0]*x[1]) + float64(a[1]*x[3])}
	bottom := [2]float64{float64(a[2]*x[0]) + float64(a[3]*x[2]), float64(a[2]*x[1]) + float64(a[3]*x[3])}
	left, right := b.apply(top), b.apply(bottom)
	return block{left[0], left[1], right[0], right[1]}
}

func product(a, b [2]float64) block {
	return block{a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]}
}
