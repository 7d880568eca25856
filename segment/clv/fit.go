package clv

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/flywheel-go/flywheel"
)

// Model predicts purchases; BG, MBG and Pareto are Models.
type Model interface {
	// Name is "bg_nbd", "mbg_nbd" or "pareto_nbd".
	Name() string
	// Params are the parameters in the order of the fields.
	Params() []float64
	// Alive is the probability that the customer is still one at T.
	Alive(h History) float64
	// Expect is the expected number of purchases within t after T.
	Expect(h History, t float64) float64
	// New is the expected number of repeat purchases of a new customer within t.
	New(t float64) float64
	// DERT is the discounted expected number of all purchases after T.
	DERT(h History, rate float64) float64
	// LogLikelihood is of one history.
	LogLikelihood(h History) float64
}

// FitOptions are the options of the Fit functions. Nil means defaults.
type FitOptions struct {
	// Start is where the search begins, the parameters in the order of the fields; by
	// default two places, the better end of which is taken.
	Start []float64
}

// Fit is a fitted model.
type Fit struct {
	Model         Model
	LogLikelihood float64
	// StdErr are the standard errors of the parameters, then of Purchase and of
	// Defect, from the inverse of the observed information; NaN where that has none.
	StdErr []float64
	// Purchase and Defect are the effects of the covariates: a customer's purchase
	// rate is that of the model times exp(Purchase·z), and the rate of defection
	// (for BG and MBG the parameter A) times exp(Defect·z).
	Purchase, Defect []float64
	// Steps is the number of Newton steps.
	Steps int
	// Warnings say what is shaky: a parameter at the end of its range, a search
	// that ended early.
	Warnings   []string
	covariance *mat.SymDense // of the logarithms of parameters, and of effects
}

// For returns the model of a customer with covariates.
func (f *Fit) For(z []float64) (Model, error) {
	if len(z) != len(f.Purchase) {
		return nil, fmt.Errorf("clv: %d covariates, not %d: %w", len(z), len(f.Purchase), flywheel.ErrInvalid)
	}
	return adjusted(f.Model, dot(f.Purchase, z), dot(f.Defect, z)), nil
}

func adjusted(m Model, purchase, defect float64) Model {
	switch m := m.(type) {
	case BG:
		return BG{m.R, m.Alpha * math.Exp(-purchase), m.A * math.Exp(defect), m.B}
	case MBG:
		return MBG{m.R, m.Alpha * math.Exp(-purchase), m.A * math.Exp(defect), m.B}
	case Pareto:
		return Pareto{m.R, m.Alpha * math.Exp(-purchase), m.S, m.Beta * math.Exp(-defect)}
	}
	return m
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// slopes is the log-likelihood of one history and its derivatives, and what
// depends on the number of purchases alone.
type slopes struct {
	row    func(p [4]float64, h History) (float64, gradient)
	common func(p [4]float64, x float64) (float64, gradient)
	// defect is the parameter that a covariate of defection moves, and how.
	defect int
	sign   float64
	make   func(p []float64) Model
	starts [][]float64
}

func geometricSlopes(shift float64, build func(p []float64) Model) slopes {
	return slopes{
		row: func(p [4]float64, h History) (float64, gradient) {
			return geometricSlope(p[0], p[1], p[2], p[3], shift, h)
		},
		common: func(p [4]float64, x float64) (float64, gradient) {
			r, alpha, a, b := p[0], p[1], p[2], p[3]
			ab, abx := mathext.Digamma(a+b), mathext.Digamma(a+b+x+shift)
			return lgamma(r+x) - lgamma(r) + r*math.Log(alpha) + lbeta(a, b+x+shift) - lbeta(a, b), gradient{
				mathext.Digamma(r+x) - mathext.Digamma(r) + math.Log(alpha), r / alpha, ab - abx,
				mathext.Digamma(b+x+shift) - mathext.Digamma(b) + ab - abx,
			}
		},
		defect: 2, sign: 1, make: build, starts: [][]float64{{0.5, 0.5, 1, 2}, {1, 1, 0.3, 1}},
	}
}

// FitBG fits the BG/NBD model by maximum likelihood: Newton's method on the logarithms
// of the parameters with exact derivatives. At least one row must have a repeat purchase.
func FitBG(rows []Row, opts *FitOptions) (*Fit, error) {
	return fit(rows, opts, geometricSlopes(0, func(p []float64) Model { return BG{p[0], p[1], p[2], p[3]} }))
}

// FitMBG fits the modified BG/NBD model, as [FitBG].
func FitMBG(rows []Row, opts *FitOptions) (*Fit, error) {
	return fit(rows, opts, geometricSlopes(1, func(p []float64) Model { return MBG{p[0], p[1], p[2], p[3]} }))
}

// FitPareto fits the Pareto/NBD model, as [FitBG].
func FitPareto(rows []Row, opts *FitOptions) (*Fit, error) {
	return fit(rows, opts, slopes{
		row: func(p [4]float64, h History) (float64, gradient) {
			return paretoSlope(Pareto{p[0], p[1], p[2], p[3]}, h)
		},
		common: func(p [4]float64, x float64) (float64, gradient) {
			r, alpha := p[0], p[1]
			return lgamma(r+x) - lgamma(r) + r*math.Log(alpha), gradient{mathext.Digamma(r+x) - mathext.Digamma(r) + math.Log(alpha), r / alpha}
		},
		defect: 3, sign: -1, make: func(p []float64) Model { return Pareto{p[0], p[1], p[2], p[3]} },
		starts: [][]float64{{0.5, 0.5, 0.6, 0.5}, {1, 1, 1, 1}},
	})
}

// problem is a likelihood of logarithms of four parameters and of effects.
type problem struct {
	slopes
	rows []Row
	n    int // covariates
	// counts is the weight of the rows by number of purchases
	counts [][2]float64
}

func fit(rows []Row, opts *FitOptions, s slopes) (*Fit, error) {
	p, scale, err := newProblem(rows, s)
	if err != nil {
		return nil, err
	}
	starts := s.starts
	if opts != nil && opts.Start != nil {
		if len(opts.Start) != 4 || slices.ContainsFunc(opts.Start, func(x float64) bool { return !(x > 0) || math.IsInf(x, 0) }) {
			return nil, fmt.Errorf("clv: start %v is not four positive numbers: %w", opts.Start, flywheel.ErrInvalid)
		}
		starts = [][]float64{opts.Start}
	}
	var best *newtonResult
	for i, start := range starts {
		theta := make([]float64, 4+2*p.n)
		for j, x := range start {
			theta[j] = math.Log(x)
		}
		if opts == nil || opts.Start == nil {
			theta[1] += math.Log(scale)
			if s.defect == 3 {
				theta[3] += math.Log(scale)
			}
		}
		r := newton(theta, p.evaluate)
		if best == nil || r.value > best.value+1e-9 {
			best = r
		}
		if i == 0 && r.converged && !p.extreme(r.theta) {
			break
		}
	}
	return p.result(best), nil
}

func newProblem(rows []Row, s slopes) (*problem, float64, error) {
	p := &problem{slopes: s}
	if len(rows) == 0 {
		return nil, 0, fmt.Errorf("clv: no histories: %w", flywheel.ErrInvalid)
	}
	p.n = len(rows[0].Covariates)
	counts := map[float64]float64{}
	repeats, age, total := 0.0, 0.0, 0.0
	for i := range rows {
		r := &rows[i]
		if err := r.check(); err != nil {
			return nil, 0, fmt.Errorf("row %d: %w", i, err)
		}
		if r.Weight < 0 || math.IsNaN(r.Weight) || math.IsInf(r.Weight, 0) {
			return nil, 0, fmt.Errorf("clv: row %d: weight %v: %w", i, r.Weight, flywheel.ErrOutOfRange)
		}
		if len(r.Covariates) != p.n {
			return nil, 0, fmt.Errorf("clv: row %d has %d covariates, the first has %d: %w", i, len(r.Covariates), p.n, flywheel.ErrInvalid)
		}
		for _, z := range r.Covariates {
			if math.IsNaN(z) || math.Abs(z) > 1e6 {
				return nil, 0, fmt.Errorf("clv: row %d: covariate %v: %w", i, z, flywheel.ErrOutOfRange)
			}
		}
		counts[r.X] += r.weight()
		repeats += r.X * r.weight()
		age += r.T * r.weight()
		total += r.weight()
	}
	if repeats == 0 || age == 0 {
		return nil, 0, fmt.Errorf("clv: nobody has bought twice: %w", flywheel.ErrInvalid)
	}
	p.rows = merged(rows)
	for x, w := range counts {
		p.counts = append(p.counts, [2]float64{x, w})
	}
	slices.SortFunc(p.counts, func(a, b [2]float64) int {
		if a[0] < b[0] {
			return -1
		}
		return 1
	})
	return p, age / total, nil
}

// merged makes one row of equal histories, unless covariates tell them apart.
func merged(rows []Row) []Row {
	if len(rows[0].Covariates) > 0 {
		return rows
	}
	place := make(map[History]int, len(rows))
	var out []Row
	for i := range rows {
		r := &rows[i]
		at, ok := place[r.History]
		if !ok {
			place[r.History] = len(out)
			out = append(out, Row{History: r.History, Weight: r.weight()})
			continue
		}
		out[at].Weight += r.weight()
	}
	return out
}

// evaluate returns the log-likelihood and its gradient by logarithms and effects.
func (p *problem) evaluate(theta []float64, g []float64) float64 {
	var at [4]float64
	for i := range at {
		at[i] = math.Exp(theta[i])
	}
	clear(g)
	sum := 0.0
	if p.n == 0 {
		for _, c := range p.counts {
			ll, d := p.common(at, c[0])
			sum += c[1] * ll
			for i := range d {
				g[i] += c[1] * d[i]
			}
		}
	}
	gamma, delta := theta[4:4+p.n], theta[4+p.n:]
	for i := range p.rows {
		row := &p.rows[i]
		own := at
		if p.n > 0 {
			own[1] *= math.Exp(-dot(gamma, row.Covariates))
			own[p.defect] *= math.Exp(p.sign * dot(delta, row.Covariates))
		}
		ll, d := p.row(own, row.History)
		if p.n > 0 {
			more, dd := p.common(own, row.X)
			ll += more
			for j := range d {
				d[j] += dd[j]
			}
		}
		w := row.weight()
		sum += w * ll
		for j := range d {
			g[j] += w * d[j] * own[j] / at[j]
		}
		for j, z := range row.Covariates {
			g[4+j] -= w * d[1] * own[1] * z
			g[4+p.n+j] += w * p.sign * d[p.defect] * own[p.defect] * z
		}
	}
	for j := range at {
		g[j] *= at[j]
	}
	return sum
}

func (p *problem) extreme(theta []float64) bool {
	return slices.ContainsFunc(theta[:4], func(x float64) bool { return math.Abs(x) > farthest-1e-6 })
}

func (p *problem) result(r *newtonResult) *Fit {
	params := make([]float64, 4)
	for i := range params {
		params[i] = math.Exp(r.theta[i])
	}
	f := &Fit{
		Model: p.make(params), LogLikelihood: r.value, Steps: r.steps,
		Purchase: slices.Clone(r.theta[4 : 4+p.n]), Defect: slices.Clone(r.theta[4+p.n:]),
	}
	if !r.converged {
		f.Warnings = append(f.Warnings, "the search ended before the gradient was zero")
	}
	if p.extreme(r.theta) {
		f.Warnings = append(f.Warnings, "a parameter is at the end of its range: the data do not determine it")
	}
	f.covariance, f.StdErr = information(r, p.evaluate)
	for i := range 4 {
		f.StdErr[i] *= params[i]
	}
	return f
}

// farthest bounds the logarithms of parameters.
const farthest = 16

type newtonResult struct {
	theta     []float64
	value     float64
	hessian   *mat.SymDense
	steps     int
	converged bool
}

// hessian is the symmetric second derivative by central differences of the gradient.
func hessian(theta []float64, f func(theta, g []float64) float64) *mat.SymDense {
	n := len(theta)
	h := mat.NewSymDense(n, nil)
	up, down := make([]float64, n), make([]float64, n)
	raw := make([]float64, n*n)
	at := slices.Clone(theta)
	for i := range n {
		step := 1e-4
		at[i] = theta[i] + step
		f(at, up)
		at[i] = theta[i] - step
		f(at, down)
		at[i] = theta[i]
		for j := range n {
			raw[i*n+j] = (up[j] - down[j]) / (2 * step)
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, (raw[i*n+j]+raw[j*n+i])/2)
		}
	}
	return h
}

// forward is hessian by differences to one side of a point whose gradient is known: half the
// work, and good enough for the direction of a step.
func forward(theta, g []float64, f func(theta, g []float64) float64) *mat.SymDense {
	n := len(theta)
	raw, up := make([]float64, n*n), make([]float64, n)
	at := slices.Clone(theta)
	const step = 1e-5
	for i := range n {
		at[i] = theta[i] + step
		f(at, up)
		at[i] = theta[i]
		for j := range n {
			raw[i*n+j] = (up[j] - g[j]) / step
		}
	}
	h := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, (raw[i*n+j]+raw[j*n+i])/2)
		}
	}
	return h
}

// newton maximizes f by Newton's method with a growing ridge where the second derivative
// is not negative definite or a step goes down (Levenberg and Marquardt).
func newton(theta []float64, f func(theta, g []float64) float64) *newtonResult {
	n := len(theta)
	g, next, ng := make([]float64, n), make([]float64, n), make([]float64, n)
	r := &newtonResult{theta: slices.Clone(theta)}
	r.value = f(r.theta, g)
	ridge := 1e-3
	flat := 0 // steps in a row that gained next to nothing
	for r.steps = 0; r.steps < 100 && flat < 4; r.steps++ {
		r.hessian = forward(r.theta, g, f)
		scale := 0.0
		for i := range n {
			scale = max(scale, math.Abs(r.hessian.At(i, i)))
		}
		moved, small := false, false
		for try := 0; try < 40; try++ {
			neg := mat.NewSymDense(n, nil)
			for i := range n {
				for j := i; j < n; j++ {
					neg.SetSym(i, j, -r.hessian.At(i, j))
				}
				neg.SetSym(i, i, neg.At(i, i)+ridge*(scale*1e-3+math.Abs(neg.At(i, i))))
			}
			var c mat.Cholesky
			if !c.Factorize(neg) {
				ridge = max(ridge*10, 1e-8)
				continue
			}
			step := mat.NewVecDense(n, nil)
			if c.SolveVecTo(step, mat.NewVecDense(n, slices.Clone(g))) != nil {
				ridge = max(ridge*10, 1e-8)
				continue
			}
			long, gain := 0.0, 0.0
			for i := range n {
				long = max(long, math.Abs(step.AtVec(i)))
			}
			shrink := min(1, 2/long)
			for i := range n {
				next[i] = min(max(r.theta[i]+shrink*step.AtVec(i), -farthest), farthest)
				gain += g[i] * (next[i] - r.theta[i])
			}
			value := f(next, ng)
			if value >= r.value-1e-12*math.Abs(r.value) && !math.IsNaN(value) {
				small = long < 1e-9 || gain < 1e-13*math.Abs(r.value) && long < 1e-6
				if flat++; value-r.value > 1e-9*math.Abs(r.value) {
					flat = 0
				}
				copy(r.theta, next)
				copy(g, ng)
				r.value = value
				ridge = ridge / 10
				if ridge < 1e-12 {
					ridge = 0
				}
				moved = true
				break
			}
			ridge = max(ridge*10, 1e-8)
		}
		if small {
			r.converged = true
			break
		}
		if !moved {
			break
		}
	}
	r.converged = r.converged || flat >= 4 // along a ridge, or at the end of a range
	return r
}

// information inverts the negative second derivative at the maximum.
func information(r *newtonResult, f func(theta, g []float64) float64) (*mat.SymDense, []float64) {
	n := len(r.theta)
	h := hessian(r.theta, f)
	neg := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			neg.SetSym(i, j, -h.At(i, j))
		}
	}
	se := make([]float64, n)
	var c mat.Cholesky
	cov := mat.NewSymDense(n, nil)
	if !c.Factorize(neg) || c.InverseTo(cov) != nil {
		for i := range se {
			se[i] = math.NaN()
		}
		return nil, se
	}
	for i := range se {
		se[i] = math.Sqrt(cov.At(i, i))
	}
	return cov, se
}

// ValueFit is a fitted Gamma-Gamma model.
type ValueFit struct {
	Model         GammaGamma
	LogLikelihood float64
	StdErr        []float64
	Warnings      []string
}

// FitGammaGamma fits the model of values to the rows with repeat purchases of
// positive value; those without are passed over.
func FitGammaGamma(rows []Row) (*ValueFit, error) {
	type point struct{ x, z, w float64 }
	var points []point
	mean, total := 0.0, 0.0
	for i := range rows {
		r := &rows[i]
		if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || math.IsNaN(r.X) || r.X < 0 {
			return nil, fmt.Errorf("clv: row %d: %v purchases of value %v: %w", i, r.X, r.Value, flywheel.ErrInvalid)
		}
		if r.X > 0 && r.Value > 0 {
			points = append(points, point{r.X, r.Value, r.weight()})
			mean += r.Value * r.weight()
			total += r.weight()
		}
	}
	if len(points) < 2 {
		return nil, fmt.Errorf("clv: %d customers with repeat purchases of a value: %w", len(points), flywheel.ErrInvalid)
	}
	mean /= total
	evaluate := func(theta, g []float64) float64 {
		m := GammaGamma{math.Exp(theta[0]), math.Exp(theta[1]), math.Exp(theta[2])}
		clear(g)
		sum := 0.0
		dq, lv := mathext.Digamma(m.Q), math.Log(m.V)
		for _, pt := range points {
			px := m.P * pt.x
			all := m.V + pt.x*pt.z
			la := math.Log(all)
			sum += pt.w * m.LogLikelihood(pt.x, pt.z)
			dpq := mathext.Digamma(px + m.Q)
			g[0] += pt.w * pt.x * (dpq - mathext.Digamma(px) + math.Log(pt.z*pt.x) - la) * m.P
			g[1] += pt.w * (dpq - dq + lv - la) * m.Q
			g[2] += pt.w * (m.Q - (px+m.Q)*m.V/all)
		}
		return sum
	}
	r := newton([]float64{math.Log(2), math.Log(3), math.Log(mean)}, evaluate)
	f := &ValueFit{Model: GammaGamma{math.Exp(r.theta[0]), math.Exp(r.theta[1]), math.Exp(r.theta[2])}, LogLikelihood: r.value}
	if !r.converged {
		f.Warnings = append(f.Warnings, "the search ended before the gradient was zero")
	}
	if f.Model.Q <= 1 {
		f.Warnings = append(f.Warnings, "q is not above 1: the expected value of a new customer's purchases is infinite")
	}
	_, f.StdErr = information(r, evaluate)
	for i, x := range f.Model.Params() {
		f.StdErr[i] *= x
	}
	return f, nil
}

// BGBBRow is a history of opportunities and how many customers have it.
type BGBBRow struct {
	Opportunities
	Weight float64
}

// BGBBFit is a fitted BG/BB model.
type BGBBFit struct {
	Model         BGBB
	LogLikelihood float64
	StdErr        []float64
	Warnings      []string
}

// FitBGBB fits the BG/BB model; its derivatives are by differences.
func FitBGBB(rows []BGBBRow) (*BGBBFit, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("clv: no histories: %w", flywheel.ErrInvalid)
	}
	repeats := 0
	for i, r := range rows {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		if r.Weight < 0 || math.IsNaN(r.Weight) || math.IsInf(r.Weight, 0) {
			return nil, fmt.Errorf("clv: row %d: weight %v: %w", i, r.Weight, flywheel.ErrOutOfRange)
		}
		repeats += r.X
	}
	if repeats == 0 {
		return nil, fmt.Errorf("clv: nobody has bought again: %w", flywheel.ErrInvalid)
	}
	likelihood := func(theta []float64) float64 {
		m := BGBB{math.Exp(theta[0]), math.Exp(theta[1]), math.Exp(theta[2]), math.Exp(theta[3])}
		sum := 0.0
		for _, r := range rows {
			sum += r.Weight * m.LogLikelihood(r.Opportunities)
		}
		return sum
	}
	evaluate := func(theta, g []float64) float64 {
		at := slices.Clone(theta)
		for i := range theta {
			const step = 1e-5
			at[i] = theta[i] + step
			up := likelihood(at)
			at[i] = theta[i] - step
			g[i] = (up - likelihood(at)) / (2 * step)
			at[i] = theta[i]
		}
		return likelihood(theta)
	}
	r := newton([]float64{0, 0, math.Log(0.5), math.Log(2)}, evaluate)
	f := &BGBBFit{Model: BGBB{math.Exp(r.theta[0]), math.Exp(r.theta[1]), math.Exp(r.theta[2]), math.Exp(r.theta[3])}, LogLikelihood: r.value}
	if !r.converged {
		f.Warnings = append(f.Warnings, "the search ended before the gradient was zero")
	}
	_, f.StdErr = information(r, evaluate)
	for i, x := range f.Model.Params() {
		f.StdErr[i] *= x
	}
	return f, nil
}
