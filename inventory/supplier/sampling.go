package supplier

import (
	"fmt"
	"math"
)

// Law is the law of the number of defectives in a sample.
type Law uint8

// Laws.
const (
	// Binomial is a sample from a process, or from a lot much larger than it.
	Binomial Law = iota
	// Poisson counts defects rather than defectives, with mean n·p.
	Poisson
	// Hypergeometric is a sample from a lot of known size, of which
	// round-half-to-even(lot·p) units are defective.
	Hypergeometric
)

var lawNames = [...]string{"binomial", "poisson", "hypergeometric"}

// String returns the lower-case name of the law.
func (l Law) String() string {
	if int(l) < len(lawNames) {
		return lawNames[l]
	}
	return fmt.Sprintf("Law(%d)", uint8(l))
}

// ParseLaw is the inverse of [Law.String].
func ParseLaw(name string) (Law, error) {
	for i, n := range lawNames {
		if n == name {
			return Law(i), nil
		}
	}
	return 0, refuse("law", name, ErrInput)
}

// mostUnits bounds lots and samples.
const mostUnits = 1_000_000_000

// SinglePlan is acceptance sampling by attributes in one stage: inspect N units,
// accept the lot if at most Accept are defective.
type SinglePlan struct {
	N, Accept int
	Law       Law
	// Lot is the size of the lot. Hypergeometric needs it; for the other laws it
	// enters only AOQ and ATI, and 0 means a lot much larger than the sample.
	Lot int
}

func (s SinglePlan) check() error {
	switch {
	case s.N < 1 || s.N > mostUnits:
		return refuse("sample size", s.N, ErrRange)
	case s.Accept < 0 || s.Accept > mostUnits:
		return refuse("acceptance number", s.Accept, ErrRange)
	}
	return checkLot(s.Law, s.Lot, s.N)
}

func checkLot(law Law, lot, n int) error {
	switch {
	case int(law) >= len(lawNames):
		return refuse("law", uint8(law), ErrInput)
	case lot < 0 || lot > mostUnits:
		return refuse("lot size", lot, ErrRange)
	case lot == 0 && law == Hypergeometric:
		return refuse("lot size", lot, ErrInput)
	case lot != 0 && n > lot:
		return refuse("sample size", n, ErrRange)
	}
	return nil
}

// defectives returns the number of defective units in a lot.
func defectives(lot int, fraction float64) int {
	return int(math.RoundToEven(float64(lot) * fraction))
}

func (s SinglePlan) accept(p float64) float64 {
	switch s.Law {
	case Poisson:
		return poissonLower(s.Accept, float64(s.N)*p)
	case Hypergeometric:
		return hypergeometricLower(s.Accept, s.N, defectives(s.Lot, p), s.Lot)
	default:
		return binomialLower(s.Accept, s.N, p)
	}
}

// AcceptAt returns the probability that a lot with the given fraction defective,
// 0 to 1, is accepted: a point of the operating characteristic. It is exact to
// ten digits. O(min(c, √n)).
func (s SinglePlan) AcceptAt(fraction float64) (float64, error) {
	if err := s.check(); err != nil {
		return 0, err
	}
	if err := between("fraction defective", fraction, 0, 1); err != nil {
		return 0, err
	}
	return s.accept(fraction), nil
}

// OC returns AcceptAt for each fraction.
func (s SinglePlan) OC(fractions []float64) ([]float64, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	curve := make([]float64, len(fractions))
	for i, p := range fractions {
		if err := indexed("fractions", i, p, 0, 1); err != nil {
			return nil, err
		}
		curve[i] = s.accept(p)
	}
	return curve, nil
}

// Outgoing is what rectifying inspection leads to: rejected lots are inspected
// in full and their defectives replaced.
type Outgoing struct {
	// Accept is the probability that a lot is accepted.
	Accept float64
	// AOQ is the average fraction defective after inspection,
	// Pa·p·(N - n)/N; without a lot size the last factor is 1.
	AOQ float64
	// ATI is the average number of units inspected per lot,
	// n + (1 - Pa)·(N - n). It is +Inf-free: without a lot size it is 0 and
	// HasATI false.
	ATI    float64
	HasATI bool
}

// Outgoing returns what leaves inspection at the given incoming fraction
// defective. Montgomery, Statistical Quality Control (7th ed., 2013), 15.2.
func (s SinglePlan) Outgoing(fraction float64) (Outgoing, error) {
	accept, err := s.AcceptAt(fraction)
	if err != nil {
		return Outgoing{}, err
	}
	o := Outgoing{Accept: accept, AOQ: s.outgoing(fraction, accept)}
	if s.Lot > 0 {
		o.HasATI = true
		o.ATI = float64(s.N) + float64((1-accept)*float64(s.Lot-s.N))
	}
	return o, nil
}

func (s SinglePlan) outgoing(fraction, accept float64) float64 {
	q := accept * fraction
	if s.Lot > 0 {
		q *= float64(s.Lot-s.N) / float64(s.Lot)
	}
	return q
}

// AOQL returns the worst average outgoing quality over incoming fractions in
// (0, 0.5], and the fraction where it occurs. Under Hypergeometric the fractions
// are those that the lot can have, D/lot.
func (s SinglePlan) AOQL() (limit, at float64, err error) {
	if err := s.check(); err != nil {
		return 0, 0, err
	}
	f := func(p float64) float64 { return s.outgoing(p, s.accept(p)) }
	if s.Law == Hypergeometric {
		for d := 1; 2*d <= s.Lot; d++ {
			p := float64(d) / float64(s.Lot)
			v := f(p)
			if v > limit {
				limit, at = v, p
			}
			// beyond the sample the tail of the acceptance falls faster than p grows
			if v < limit/1e6 && d > 4*(s.Accept+1) {
				break
			}
		}
		return limit, at, nil
	}
	// A grid of logarithms finds the hump, golden sections its top. The curve has
	// one hump: its logarithm is the sum of ln p and a concave function.
	const points = 400
	low := math.Min(1e-3, 0.01/float64(s.N))
	best := 0
	step := math.Log(0.5/low) / points
	for i := 0; i <= points; i++ {
		if v := f(low * math.Exp(float64(step*float64(i)))); v > limit {
			limit, best = v, i
		}
	}
	a := low * math.Exp(step*float64(max(0, best-1)))
	b := math.Min(0.5, low*math.Exp(step*float64(best+1)))
	at = golden(a, b, f)
	return f(at), at, nil
}

// golden returns where f is largest in [a, b], for f with one hump there.
func golden(a, b float64, f func(float64) float64) float64 {
	ratio := (math.Sqrt(5) - 1) / 2
	x, y := b-ratio*(b-a), a+ratio*(b-a)
	fx, fy := f(x), f(y)
	for range 80 {
		if fx > fy {
			b, y, fy = y, x, fx
			x = b - ratio*(b-a)
			fx = f(x)
		} else {
			a, x, fx = x, y, fy
			y = a + ratio*(b-a)
			fy = f(y)
		}
	}
	top := (a + b) / 2
	if f(b) > f(top) {
		return b
	}
	return top
}

// mostReject bounds the rejection numbers of stages, whose square is the work of
// [MultiplePlan.At].
const mostReject = 5000

// Stage is one stage of a [MultiplePlan].
type Stage struct {
	// N is the number of further units to inspect.
	N int
	// Accept and Reject are the numbers for all defectives so far: accept the lot
	// at Accept or fewer, reject it at Reject or more. Accept -1 is a stage at
	// which no lot can be accepted; Reject is at most 5000.
	Accept, Reject int
}

// MultiplePlan is acceptance sampling by attributes in two or more stages. After
// the last stage a total between its numbers is accepted, as reduced inspection
// wants it; elsewhere the last Reject is Accept + 1.
type MultiplePlan struct {
	Stages []Stage
	Law    Law
	// Lot is the size of the lot, needed by Hypergeometric only.
	Lot int
}

func (m MultiplePlan) check() error {
	if len(m.Stages) == 0 || len(m.Stages) > 64 {
		return refuse("number of stages", len(m.Stages), ErrRange)
	}
	total, before := 0, Stage{Accept: -1}
	for i, st := range m.Stages {
		place := func(what string) string { return fmt.Sprintf("stages[%d] %s", i, what) }
		switch {
		case st.N < 1 || st.N > mostUnits:
			return refuse(place("sample size"), st.N, ErrRange)
		case st.Accept < -1 || st.Accept < before.Accept:
			return refuse(place("acceptance number"), st.Accept, ErrInput)
		case st.Reject <= st.Accept || st.Reject < before.Reject || st.Reject > mostReject:
			return refuse(place("rejection number"), st.Reject, ErrInput)
		}
		total += st.N
		before = st
	}
	return checkLot(m.Law, m.Lot, total)
}

// MultipleOutcome is what a multiple plan leads to at one fraction defective.
type MultipleOutcome struct {
	// Accept is the probability that the lot is accepted.
	Accept float64
	// SampleNumber is the average number of units inspected, when each stage that
	// is begun is inspected in full.
	SampleNumber float64
}

// At returns the outcome for lots with the given fraction defective.
// O(stages·r²) for rejection numbers up to r.
func (m MultiplePlan) At(fraction float64) (MultipleOutcome, error) {
	if err := m.check(); err != nil {
		return MultipleOutcome{}, err
	}
	if err := between("fraction defective", fraction, 0, 1); err != nil {
		return MultipleOutcome{}, err
	}
	bad := defectives(m.Lot, fraction)
	open := []float64{1} // open[d]: the chance to be still open with d defectives
	drawn := 0
	var out MultipleOutcome
	for i, st := range m.Stages {
		next := make([]float64, st.Reject)
		alive := 0.0
		for d, chance := range open {
			if chance == 0 {
				continue
			}
			alive += chance
			for x := 0; x <= st.N && d+x < st.Reject; x++ {
				var p float64
				switch m.Law {
				case Poisson:
					p = poissonAt(float64(x), float64(st.N)*fraction)
				case Hypergeometric:
					p = hypergeometricAt(float64(x), float64(st.N), float64(bad-d), float64(m.Lot-drawn-(bad-d)))
				default:
					p = binomialAt(float64(x), float64(st.N), fraction)
				}
				next[d+x] += float64(chance * p)
			}
		}
		out.SampleNumber += float64(alive * float64(st.N))
		drawn += st.N
		for d := range next {
			if d <= st.Accept || i == len(m.Stages)-1 {
				out.Accept += next[d]
				next[d] = 0
			}
		}
		open = next
	}
	return out, nil
}

// Judge applies the plan to the defectives found in each stage so far and
// reports the decision and the stage, from 0, that brought it. With decided
// false the next stage is to be inspected.
func (m MultiplePlan) Judge(found []int) (accepted, decided bool, stage int, err error) {
	if err := m.check(); err != nil {
		return false, false, 0, err
	}
	total := 0
	for i, d := range found {
		if i >= len(m.Stages) {
			return false, false, 0, refuse("stages inspected", len(found), ErrRange)
		}
		st := m.Stages[i]
		if d < 0 || d > st.N && m.Law != Poisson {
			return false, false, 0, refuse(fmt.Sprintf("found[%d]", i), d, ErrRange)
		}
		total += d
		last := i == len(m.Stages)-1
		switch {
		case total <= st.Accept || last && total < st.Reject:
			accepted, decided = true, true
		case total >= st.Reject:
			decided = true
		}
		if decided {
			if i < len(found)-1 {
				return false, false, 0, refuse("stages inspected", len(found), ErrInput)
			}
			return accepted, true, i, nil
		}
	}
	return false, false, len(found), nil
}
