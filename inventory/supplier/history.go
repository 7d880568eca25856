package supplier

// Lot is the result of the original inspection of one lot.
type Lot struct {
	Accepted bool
	// Strict says that the lot would also have been accepted under the next
	// tighter AQL, for a single plan with an acceptance number of two or more; for
	// a double plan that it was accepted after the first sample, for a multiple
	// one by the third. [Scheme.Inspect] finds it. Plans with an acceptance number
	// of zero or one do not ask for it.
	Strict bool
	// Few says that the acceptance number of a single plan is zero or one.
	Few bool
	// Between says that the number of defectives lay between Ac and Re on reduced
	// inspection: the lot is accepted and inspection returns to normal.
	Between bool
}

// History is what the switching rules of ISO 2859-1, clause 9.3, remember of the
// lots of one supplier and item. The zero value begins on normal inspection. It
// is a value: [History.After] returns the next one.
type History struct {
	// Severity applies to the next lot.
	Severity Severity `json:"severity"`
	// Recent has a bit per lot of the last five under normal inspection, the
	// lowest for the latest, set where it was not accepted.
	Recent uint8 `json:"recent,omitempty"`
	// Score is the switching score of normal inspection.
	Score int `json:"score,omitempty"`
	// Accepted counts consecutive accepted lots on tightened inspection, Refused
	// the lots not accepted since tightened inspection began.
	Accepted int `json:"accepted,omitempty"`
	Refused  int `json:"refused,omitempty"`
	// Discontinued says that five lots were not accepted on tightened inspection:
	// no further lot is to be inspected until the supplier has acted, which
	// [History.Resume] records.
	Discontinued bool `json:"discontinued,omitempty"`
}

// Change names a switch of severity.
type Change uint8

// Changes.
const (
	NoChange Change = iota
	ToTightened
	ToNormal
	ToReduced
	Discontinue
)

// Circumstances are what the rules ask beside the lots.
type Circumstances struct {
	// Steady says that production is at a steady rate.
	Steady bool
	// ReducedApproved says that the responsible authority finds reduced inspection
	// desirable.
	ReducedApproved bool
}

const (
	tightenAfter   = 2  // lots not accepted among five
	relaxAfter     = 5  // lots accepted in a row
	discontinue    = 5  // lots not accepted on tightened inspection
	reduceAtScore  = 30 // switching score
	windowOfLots   = 0b11111
	strictScore    = 3
	fewDefectScore = 2
)

// After returns the history after one more lot and what it changed. A
// discontinued history refuses further lots with an error matching [ErrState].
// O(1), no allocation.
func (h History) After(lot Lot, now Circumstances) (History, Change, error) {
	if h.Discontinued {
		return h, NoChange, refuse("inspection", "discontinued", ErrState)
	}
	switch h.Severity {
	case Tightened:
		if lot.Accepted {
			h.Accepted++
			if h.Accepted >= relaxAfter {
				return History{}, ToNormal, nil
			}
			return h, NoChange, nil
		}
		h.Accepted = 0
		h.Refused++
		if h.Refused >= discontinue {
			h.Discontinued = true
			return h, Discontinue, nil
		}
		return h, NoChange, nil
	case Reduced:
		if !lot.Accepted || lot.Between || !now.Steady || !now.ReducedApproved {
			return History{}, ToNormal, nil
		}
		return h, NoChange, nil
	case Normal:
	default:
		return h, NoChange, refuse("severity", uint8(h.Severity), ErrInput)
	}
	h.Recent = h.Recent << 1 & windowOfLots
	switch {
	case !lot.Accepted:
		h.Recent |= 1
		h.Score = 0
	case lot.Few:
		h.Score += fewDefectScore
	case lot.Strict:
		h.Score += strictScore
	default:
		h.Score = 0
	}
	refused := 0
	for r := h.Recent; r != 0; r &= r - 1 {
		refused++
	}
	switch {
	case refused >= tightenAfter:
		return History{Severity: Tightened}, ToTightened, nil
	case h.Score >= reduceAtScore && now.Steady && now.ReducedApproved:
		return History{Severity: Reduced}, ToReduced, nil
	}
	return h, NoChange, nil
}

// Resume returns a discontinued history to tightened inspection, after the
// supplier has improved. Other histories are returned as they are.
func (h History) Resume() History {
	if !h.Discontinued {
		return h
	}
	return History{Severity: Tightened}
}

// Inspect judges one lot of a scheme by the defectives found in each stage, and
// returns what the switching rules need to know. An error reports counts that the
// plan cannot have, or stages that are missing.
func (s Scheme) Inspect(lot int, severity Severity, found []int) (Lot, error) {
	plan, err := s.Plan(lot, severity)
	if err != nil {
		return Lot{}, err
	}
	m := MultiplePlan{Stages: plan.Stages}
	accepted, decided, stage, err := m.Judge(found)
	if err != nil {
		return Lot{}, err
	}
	if !decided {
		return Lot{}, refuse("stages inspected", len(found), ErrInput)
	}
	total := 0
	for _, d := range found {
		total += d
	}
	last := plan.Stages[len(plan.Stages)-1]
	l := Lot{Accepted: accepted, Between: accepted && total > last.Accept}
	switch {
	case len(plan.Stages) == 1 && last.Accept <= 1:
		l.Few = true
	case len(plan.Stages) == 1:
		l.Strict = accepted && s.tighterAccepts(lot, severity, plan.Stages[0].N, total)
	case len(plan.Stages) == 2:
		l.Strict = accepted && stage == 0
	default:
		l.Strict = accepted && stage <= 2
	}
	return l, nil
}

// tighterAccepts reports whether the same sample would be accepted under the
// next tighter AQL, which has the same sample size where the acceptance number is
// two or more.
func (s Scheme) tighterAccepts(lot int, severity Severity, n, found int) bool {
	aql, err := aqlIndex(s.AQL)
	if err != nil || aql == 0 {
		return false
	}
	s.AQL, s.Sampling = aqlSeries[aql-1], Single
	plan, err := s.Plan(lot, severity)
	return err == nil && plan.Stages[0].N == n && found <= plan.Stages[0].Accept
}
