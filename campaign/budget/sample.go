package budget

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// model is the posterior of one set of data.
type model struct {
	d      *Data
	o      *Fitting
	basis  [][]float64
	y      []float64 // response without what the basis explains
	yy     float64
	n, c   int
	free   float64 // degrees of freedom
	spend  []float64
	priors []prior
}

func newModel(d *Data, o *Fitting, basis [][]float64) *model {
	m := &model{d: d, o: o, basis: basis, y: slices.Clone(d.Response), n: len(d.Response), c: len(d.Spend), priors: o.priors()}
	project(m.y, basis)
	m.yy = dot(m.y, m.y)
	m.free = float64(m.n - len(basis) - m.c)
	for _, s := range d.Spend {
		sum := 0.0
		for _, v := range s.Values {
			sum += v
		}
		m.spend = append(m.spend, sum/float64(m.n))
	}
	return m
}

// raw writes the contribution of a channel with scale 1, divided by its mean,
// and returns the mean.
func (m *model) raw(channel int, eta, out []float64) float64 {
	curve, stock := m.o.shapes(eta, m.spend[channel])
	stock.apply(m.d.Spend[channel].Values, out)
	sum := 0.0
	for t, x := range out {
		out[t] = curve.Response(x)
		sum += out[t]
	}
	mean := sum / float64(m.n)
	if !(mean > 0) { // all its weight falls behind the last period
		clear(out)
		return 1
	}
	for t := range out {
		out[t] /= mean
	}
	return mean
}

// state is a point of the sampler: parameters, columns and their products.
type state struct {
	eta  [][]float64
	x    [][]float64 // columns without what the basis explains
	gram []float64   // x'x
	xy   []float64   // x'y
	log  float64     // of the posterior
	rss  float64
	beta []float64 // least squares
	chol []float64
}

func (m *model) newState() *state {
	s := &state{gram: make([]float64, m.c*m.c), xy: make([]float64, m.c), beta: make([]float64, m.c), chol: make([]float64, m.c*m.c)}
	for range m.c {
		s.eta = append(s.eta, make([]float64, len(m.priors)))
		s.x = append(s.x, make([]float64, m.n))
	}
	return s
}

// column computes the column of a channel and its products.
func (m *model) column(s *state, channel int) {
	x := s.x[channel]
	m.raw(channel, s.eta[channel], x)
	project(x, m.basis)
	for k := range m.c {
		v := dot(x, s.x[k])
		s.gram[channel*m.c+k], s.gram[k*m.c+channel] = v, v
	}
	s.xy[channel] = dot(x, m.y)
}

// solve computes the posterior: with b the least squares of y on the columns, it
// is RSS^(-free/2) · det(x'x)^(-1/2) · priors.
func (m *model) solve(s *state) {
	c := m.c
	trace := 0.0
	for i := range c {
		trace += s.gram[i*c+i]
	}
	ridge := 1e-12 * trace / float64(c)
	logdet := 0.0
	l := s.chol
	for i := range c {
		for j := range i + 1 {
			sum := s.gram[i*c+j]
			if i == j {
				sum += ridge
			}
			for k := range j {
				sum -= float64(l[i*c+k] * l[j*c+k])
			}
			if i == j {
				sum = max(sum, ridge)
				l[i*c+i] = math.Sqrt(sum)
				logdet += math.Log(sum)
			} else {
				l[i*c+j] = sum / l[j*c+j]
			}
		}
	}
	b := s.beta
	explained := 0.0
	for i := range c {
		sum := s.xy[i]
		for k := range i {
			sum -= float64(l[i*c+k] * b[k])
		}
		b[i] = sum / l[i*c+i]
		explained += float64(b[i] * b[i])
	}
	for i := c - 1; i >= 0; i-- {
		for k := i + 1; k < c; k++ {
			b[i] -= float64(l[k*c+i] * b[k])
		}
		b[i] /= l[i*c+i]
	}
	s.rss = max(m.yy-explained, 1e-14*m.yy)
	s.log = -m.free/2*math.Log(s.rss) - logdet/2
	for _, eta := range s.eta {
		for k, v := range eta {
			z := (v - m.priors[k].mean) / m.priors[k].deviation
			s.log -= float64(z*z) / 2
		}
	}
}

func (s *state) copyTo(to *state, channel int) {
	copy(to.eta[channel], s.eta[channel])
	copy(to.x[channel], s.x[channel])
	copy(to.gram, s.gram)
	copy(to.xy, s.xy)
	copy(to.beta, s.beta)
	copy(to.chol, s.chol)
	to.log, to.rss = s.log, s.rss
}

// draws are the kept points of a chain: parameters and contributions in a mean
// period.
type draws struct {
	eta  [][][]float64 // by channel and parameter
	beta [][]float64   // by channel
	kept []bool        // no contribution is negative
}

// sample runs a chain: a step of every channel per sweep, with proposals that
// learn the spread of each channel's parameters in the first half.
func (m *model) sample(seed, chain uint64) *draws {
	random := rand.New(rand.NewPCG(seed, chain))
	now, next := m.newState(), m.newState()
	for i := range m.c {
		for k, p := range m.priors {
			now.eta[i][k] = p.mean + float64(p.deviation*random.NormFloat64())
		}
		m.column(now, i)
	}
	m.solve(now)
	for i := range m.c {
		now.copyTo(next, i)
	}
	dims := len(m.priors)
	step := make([]proposal, m.c)
	for i := range step {
		step[i] = newProposal(m.priors)
	}
	out := &draws{beta: make([][]float64, m.c)}
	for range m.c {
		out.eta = append(out.eta, make([][]float64, dims))
	}
	z := make([]float64, m.c)
	sweeps := 2 * m.o.Draws
	for sweep := range sweeps {
		for i := range m.c {
			step[i].propose(now.eta[i], next.eta[i], random)
			m.column(next, i)
			m.solve(next)
			accepted := math.Log(random.Float64()) < next.log-now.log
			if accepted {
				next.copyTo(now, i)
			} else {
				now.copyTo(next, i)
			}
			if sweep < m.o.Draws {
				step[i].learn(now.eta[i], accepted, sweep)
			}
		}
		if sweep < m.o.Draws {
			continue
		}
		// Variance and contributions given the parameters.
		sigma := math.Sqrt(now.rss / distuv.ChiSquared{K: m.free, Src: random}.Rand())
		for i := range z {
			z[i] = random.NormFloat64() * sigma
		}
		positive := true
		for i := m.c - 1; i >= 0; i-- {
			for k := i + 1; k < m.c; k++ {
				z[i] -= float64(now.chol[k*m.c+i] * z[k])
			}
			z[i] /= now.chol[i*m.c+i]
		}
		for i := range m.c {
			b := now.beta[i] + z[i]
			positive = positive && b >= 0
			out.beta[i] = append(out.beta[i], b)
			for k, v := range now.eta[i] {
				out.eta[i][k] = append(out.eta[i][k], v)
			}
		}
		out.kept = append(out.kept, positive)
	}
	return out
}

// proposal is the adaptive random walk of one channel: steps along the axes of the
// spread that was seen, scaled to accept about a third (Haario, Saksman and
// Tamminen, 2001, Bernoulli 7(2)).
type proposal struct {
	n      float64
	mean   []float64
	spread []float64 // sums of products about the mean
	chol   []float64
	scale  float64
	z      []float64
}

func newProposal(priors []prior) proposal {
	d := len(priors)
	p := proposal{mean: make([]float64, d), spread: make([]float64, d*d), chol: make([]float64, d*d), scale: 0.7, z: make([]float64, d)}
	for i, law := range priors {
		p.chol[i*d+i] = law.deviation / 2
	}
	return p
}

func (p *proposal) propose(from, to []float64, random *rand.Rand) {
	d := len(from)
	for i := range p.z {
		p.z[i] = random.NormFloat64()
	}
	for i := range d {
		to[i] = from[i]
		for k := range i + 1 {
			to[i] += float64(p.scale * float64(p.chol[i*d+k]*p.z[k]))
		}
	}
}

func (p *proposal) learn(at []float64, accepted bool, sweep int) {
	d := len(at)
	rate := 0.0
	if accepted {
		rate = 1
	}
	p.scale = min(max(p.scale*math.Exp((rate-0.33)/math.Sqrt(1+float64(sweep)/10)), 1e-3), 10)
	p.n++
	before := slices.Clone(at)
	for i := range d {
		before[i] -= p.mean[i]
		p.mean[i] += before[i] / p.n
	}
	for i := range d {
		for k := range d {
			p.spread[i*d+k] += float64(before[i] * (at[k] - p.mean[k]))
		}
	}
	if sweep < 200 || sweep%50 != 0 {
		return
	}
	// Cholesky of the covariance, with a little on the diagonal.
	for i := range d {
		for j := range i + 1 {
			sum := p.spread[i*d+j] / p.n
			if i == j {
				sum += 1e-6
			}
			for k := range j {
				sum -= float64(p.chol[i*d+k] * p.chol[j*d+k])
			}
			if i == j {
				p.chol[i*d+i] = math.Sqrt(max(sum, 1e-9))
			} else {
				p.chol[i*d+j] = sum / p.chol[j*d+j]
			}
		}
	}
}

// summary makes the fit of two chains.
func (m *model) summary(chains [2]*draws) *Fit {
	f := &Fit{Periods: m.n, Converged: 1}
	low, high := (1-m.o.Level)/2, (1+m.o.Level)/2
	kept, all := 0, 0
	for _, c := range chains {
		for _, k := range c.kept {
			all++
			if k {
				kept++
			}
		}
	}
	// Where hardly any draw has only contributions of at least zero, each channel
	// is cut at zero by itself.
	joint := kept*50 >= all
	if !joint {
		f.Warnings = append(f.Warnings, "the data call for a negative contribution of some channel: its limits are cut at zero")
	}
	collect := func(value func(c *draws, k int) float64) []float64 {
		var out []float64
		for _, c := range chains {
			for k, ok := range c.kept {
				if ok || !joint {
					out = append(out, value(c, k))
				}
			}
		}
		slices.Sort(out)
		return out
	}
	interval := func(sorted []float64) Interval {
		return Interval{quantile(sorted, 0.5), quantile(sorted, low), quantile(sorted, high)}
	}
	point := m.newState()
	means := make([]float64, m.c)
	scratch := make([]float64, m.n)
	for i, s := range m.d.Spend {
		fit := ChannelFit{Name: s.Name, MeanSpend: m.spend[i]}
		eta := point.eta[i]
		for k := range eta {
			eta[k] = quantile(collect(func(c *draws, j int) float64 { return c.eta[i][k][j] }), 0.5)
			f.Converged = max(f.Converged, reduction(chains[0].eta[i][k], chains[1].eta[i][k]))
		}
		of := func(value func(Curve, Adstock) float64) Interval {
			return interval(collect(func(c *draws, j int) float64 {
				return value(m.o.shapes(c.at(i, j), m.spend[i]))
			}))
		}
		if m.o.Form != Power {
			fit.Half = of(func(c Curve, _ Adstock) float64 { return c.B })
		}
		if m.o.Form == Hill || m.o.Form == Power {
			fit.Exponent = of(func(c Curve, _ Adstock) float64 { return c.S })
		}
		switch m.o.Adstock {
		case Geometric:
			fit.Carry = of(func(_ Curve, a Adstock) float64 { return a.Theta })
		case WeibullCDF, WeibullPDF:
			fit.Carry = of(func(_ Curve, a Adstock) float64 { return a.Shape })
			fit.Delay = of(func(_ Curve, a Adstock) float64 { return a.Scale })
		}
		fit.Contribution = interval(collect(func(c *draws, j int) float64 { return max(c.beta[i][j], 0) }))
		// The marginal response at the mean spend: every so many draws suffice.
		stride := max(1, 2*m.o.Draws/1000)
		fit.Marginal = interval(collectEvery(chains, joint, stride, func(c *draws, j int) float64 {
			eta := c.at(i, j)
			curve, _ := m.o.shapes(eta, m.spend[i])
			curve.A = max(c.beta[i][j], 0) / m.raw(i, eta, scratch)
			return curve.Marginal(m.spend[i])
		}))
		fit.Curve, fit.Adstock = m.o.shapes(eta, m.spend[i])
		means[i] = m.raw(i, eta, scratch)
		m.column(point, i)
		f.Channels = append(f.Channels, fit)
	}
	m.solve(point)
	m.finish(f, point, means)
	m.warn(f, point, chains)
	return f
}

// at returns the parameters of a channel at a draw.
func (c *draws) at(channel, draw int) []float64 {
	eta := make([]float64, len(c.eta[channel]))
	for k := range eta {
		eta[k] = c.eta[channel][k][draw]
	}
	return eta
}

func collectEvery(chains [2]*draws, joint bool, stride int, value func(c *draws, k int) float64) []float64 {
	var out []float64
	count := 0
	for _, c := range chains {
		for k, ok := range c.kept {
			if ok || !joint {
				if count%stride == 0 {
					out = append(out, value(c, k))
				}
				count++
			}
		}
	}
	slices.Sort(out)
	return out
}

// finish sets the scales by the median contributions, and what follows from them.
func (m *model) finish(f *Fit, point *state, means []float64) {
	total := slices.Clone(m.y)
	brought := 0.0
	f.Fitted = slices.Clone(m.d.Response)
	for i := range m.c {
		fit := &f.Channels[i]
		scale := fit.Contribution.Estimate // of columns with a mean of 1
		fit.Curve.A = scale / means[i]
		own := make([]float64, m.n)
		m.raw(i, point.eta[i], own)
		for t := range own {
			own[t] *= scale
			total[t] -= float64(scale * point.x[i][t])
		}
		brought += scale
		f.Brought = append(f.Brought, own)
	}
	mean := 0.0
	for t, v := range m.d.Response {
		f.Fitted[t] -= total[t]
		mean += v / float64(m.n)
	}
	variance := 0.0
	for _, v := range m.d.Response {
		variance += float64((v - mean) * (v - mean))
	}
	rss := dot(total, total)
	f.Sigma = math.Sqrt(rss / max(m.free-float64(m.c*len(m.priors)), 1))
	if variance > 0 {
		f.R2 = 1 - rss/variance
	}
	f.Base = mean - brought
}

// warn says what the data cannot tell.
func (m *model) warn(f *Fit, point *state, chains [2]*draws) {
	c := m.c
	for i := range c {
		fit := &f.Channels[i]
		// The variance of a coefficient, beside that if its column stood alone
		// and nothing of it were explained by the base.
		var alone float64
		scratch := make([]float64, m.n)
		m.raw(i, point.eta[i], scratch)
		for _, v := range scratch {
			alone += float64((v - 1) * (v - 1))
		}
		fit.Inflation = alone * inverseDiagonal(point.chol, c, i)
		partner, most := -1, 0.0
		for k := range c {
			r := math.Abs(point.gram[i*c+k]) / math.Sqrt(point.gram[i*c+i]*point.gram[k*c+k])
			if s := math.Abs(correlation(m.d.Spend[i].Values, m.d.Spend[k].Values)); s > r {
				r = s
			}
			if k != i && r > most {
				partner, most = k, r
			}
		}
		switch {
		case partner >= 0 && most > 0.9:
			f.Warnings = append(f.Warnings, fmt.Sprintf("%s: its spend moves together with that of %s (correlation %.2f): what each brings cannot be told apart", fit.Name, m.d.Spend[partner].Name, most))
		case fit.Inflation > 10:
			f.Warnings = append(f.Warnings, fmt.Sprintf("%s: its spend moves together with other channels, season, trend or controls (variance inflation %.0f): what it brings can hardly be told from them", fit.Name, fit.Inflation))
		}
		if fit.Contribution.From <= 0.02*fit.Contribution.To {
			f.Warnings = append(f.Warnings, fmt.Sprintf("%s: it may bring nothing", fit.Name))
		}
		if p := m.priors[0]; m.o.Form != Power {
			spread := deviation(chains[0].eta[i][0], chains[1].eta[i][0])
			if spread > 0.9*p.deviation {
				f.Warnings = append(f.Warnings, fmt.Sprintf("%s: the data do not show where its curve flattens; the half point is that of the prior", fit.Name))
			}
		}
		if most := slices.Max(m.d.Spend[i].Values); m.o.Form != Power && fit.Curve.B > most {
			f.Warnings = append(f.Warnings, fmt.Sprintf("%s: the curve flattens beyond any spend that was seen; what more money brings is an extrapolation", fit.Name))
		}
	}
	if f.Converged > 1.1 {
		f.Warnings = append(f.Warnings, fmt.Sprintf("the two chains differ (scale reduction %.2f): take more draws", f.Converged))
	}
}

func inverseDiagonal(chol []float64, c, i int) float64 {
	// Column i of L^-1, whose squares sum to the diagonal of (LL')^-1.
	sum := 0.0
	col := make([]float64, c)
	for r := i; r < c; r++ {
		v := 0.0
		if r == i {
			v = 1
		}
		for k := i; k < r; k++ {
			v -= float64(chol[r*c+k] * col[k])
		}
		col[r] = v / chol[r*c+r]
		sum += float64(col[r] * col[r])
	}
	return sum
}

func correlation(a, b []float64) float64 {
	n := float64(len(a))
	var ma, mb float64
	for t := range a {
		ma += a[t] / n
		mb += b[t] / n
	}
	var ab, aa, bb float64
	for t := range a {
		ab += float64((a[t] - ma) * (b[t] - mb))
		aa += float64((a[t] - ma) * (a[t] - ma))
		bb += float64((b[t] - mb) * (b[t] - mb))
	}
	return ab / math.Sqrt(aa*bb)
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += float64((v-mean)*(v-mean)) / float64(len(x)-1)
	}
	return mean, variance
}

func deviation(a, b []float64) float64 {
	_, v := moments(slices.Concat(a, b))
	return math.Sqrt(v)
}

// reduction is the potential scale reduction of two chains (Gelman and Rubin,
// 1992, Statistical Science 7(4)).
func reduction(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	within := (va + vb) / 2
	between := (ma - mb) * (ma - mb) / 2 // of the means, times n it would be B
	n := float64(len(a))
	if within == 0 {
		return 1
	}
	return math.Sqrt(((n-1)/n*within + between) / within)
}

// quantile interpolates in sorted values (Hyndman and Fan, 1996, definition 7).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	return sorted[i] + float64((at-float64(i))*(sorted[min(i+1, len(sorted)-1)]-sorted[i]))
}
