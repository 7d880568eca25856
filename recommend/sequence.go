package recommend

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Session is what was looked at in one visit, in order; an item may recur.
type Session struct {
	ID    string
	Items []flywheel.SKU
	// At is when each item was looked at; nil, or as long as Items, and never
	// falling.
	At []time.Time
}

// SessionMatrix returns the Matrix whose rows are sessions, for models of sessions:
// the actor of a row is the visitor named like the session. An error about session
// n is a [*ChoiceError] with Place n.
func SessionMatrix(sessions []Session) (*Matrix, error) {
	var choices []Choice
	for n, s := range sessions {
		if s.At != nil && len(s.At) != len(s.Items) {
			return nil, &ChoiceError{Place: n, Field: "at", Err: fmt.Errorf("%d times for %d items: %w", len(s.At), len(s.Items), flywheel.ErrInvalid)}
		}
		if s.ID == "" {
			return nil, &ChoiceError{Place: n, Field: "id", Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
		}
		for i, item := range s.Items {
			if item == "" {
				return nil, &ChoiceError{Place: n, Field: fmt.Sprintf("items[%d]", i), Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)}
			}
			c := Choice{Actor: Actor{Visitor: flywheel.VisitorID(s.ID)}, Item: item, Weight: 1}
			if s.At != nil {
				c.At = s.At[i]
			}
			choices = append(choices, c)
		}
	}
	m, err := NewMatrix(choices)
	if err != nil {
		return nil, err
	}
	m.weight = nil // looking twice in one visit says it once
	return m, nil
}

// SessionExam asks a [Scorer], after each item of a session but the last, what
// comes next. The current item is never a candidate, earlier ones are.
type SessionExam struct {
	train    *Matrix
	known    []bool
	sets     int
	sessions [][]int32     // items by number, unknownItem for those training has not
	places   []SessionList // of the questions, without lists
}

// NewSessionExam returns the questions of sessions to models that were fitted on
// train.
func NewSessionExam(train *Matrix, sessions []Session) *SessionExam {
	e := &SessionExam{train: train, known: make([]bool, train.items.Len())}
	for item, n := range train.popularity() {
		if n > 0 {
			e.known[item] = true
			e.sets++
		}
	}
	for _, s := range sessions {
		var items []int32
		for _, sku := range s.Items {
			item, ok := train.items.Number(sku)
			if !ok {
				item = unknownItem
			}
			items = append(items, item)
		}
		for p := range len(items) - 1 {
			e.places = append(e.places, SessionList{Session: len(e.sessions), Position: p})
		}
		e.sessions = append(e.sessions, items)
	}
	return e
}

// Cases returns the number of questions.
func (e *SessionExam) Cases() int { return len(e.places) }

func (e *SessionExam) index() *Index { return e.train.items }

func (e *SessionExam) candidates() []bool { return e.known }

func (e *SessionExam) question(q int, h History) (history, skip History, held []int32) {
	l := &e.places[q]
	h = h[:0]
	session := e.sessions[l.Session]
	for _, item := range session[:l.Position+1] {
		if skip = nil; item != unknownItem {
			h = append(h, Past{Item: item, Weight: 1})
			skip = h[len(h)-1:]
		}
	}
	return h, skip, session[l.Position+1 : l.Position+2]
}

// SessionMetrics are means over the questions of a [SessionExam].
type SessionMetrics struct {
	K     int `json:"k"`
	Cases int `json:"cases"`
	// HitRate and MRR are about the item that came next.
	HitRate float64 `json:"hit_rate"`
	MRR     float64 `json:"mrr"`
	// Precision is recommended items that appear in the rest of the session / k,
	// Recall the same / length of the rest, repetitions counted. NDCG is about the
	// distinct items of the rest.
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	NDCG      float64 `json:"ndcg"`
	// Coverage is the share of the items of training that were recommended at all.
	Coverage float64 `json:"coverage"`
}

// SessionList is the answer to one question: after the item at Position (from 0) of
// session number Session.
type SessionList struct {
	Session, Position int
	Items             []int32
	Scores            []float64
}

// SessionOutcome is what [SessionExam.Run] found.
type SessionOutcome struct {
	SessionMetrics
	// Ranks holds the reciprocal rank of the next item for each question, and Lists
	// the lists, by session and position.
	Ranks []float64     `json:"-"`
	Lists []SessionList `json:"-"`
}

// Run asks s for k items for each question. Errors are those of [Exam.Run].
func (e *SessionExam) Run(s Scorer, k int) (*SessionOutcome, error) {
	if k < 1 {
		return nil, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	if !sameIndex(s.Index(), e.train.items) {
		return nil, errOtherItems
	}
	out := &SessionOutcome{SessionMetrics: SessionMetrics{K: k}}
	out.Lists = slices.Clone(e.places)
	wrong := make([]bool, len(out.Lists))
	parallel(len(out.Lists), func() *ranker { return newRanker(e.train.items.Len()) }, func(n int, r *ranker) {
		l := &out.Lists[n]
		history, skip, _ := e.question(n, r.history)
		s.Score(history, r.scores)
		r.history = skip
		l.Items, wrong[n] = r.rank(k, e.known)
		for _, item := range l.Items {
			l.Scores = append(l.Scores, r.scores[item])
		}
		r.history = history
	})
	if n := slices.Index(wrong, true); n >= 0 {
		return nil, fmt.Errorf("recommend: a score of question %d is not a number: %w", n, flywheel.ErrInvalid)
	}
	e.judge(out)
	return out, nil
}

func (e *SessionExam) judge(out *SessionOutcome) {
	shown := make([]bool, e.train.items.Len())
	for _, l := range out.Lists {
		rest := e.sessions[l.Session][l.Position+1:]
		var rr, gain, ideal float64
		var hits int
		for rank, item := range l.Items {
			shown[item] = true
			if item == rest[0] {
				rr = 1 / float64(rank+1)
			}
			if slices.Contains(rest, item) {
				hits++
				gain += 1 / math.Log2(float64(rank+2))
			}
		}
		for rank := range min(out.K, distinctItems(rest)) {
			ideal += 1 / math.Log2(float64(rank+2))
		}
		if rr > 0 {
			out.HitRate++
		}
		out.MRR += rr
		out.Ranks = append(out.Ranks, rr)
		out.Precision += float64(hits) / float64(out.K)
		out.Recall += float64(hits) / float64(len(rest))
		out.NDCG += gain / ideal
	}
	out.Cases = len(out.Lists)
	if n := float64(out.Cases); n > 0 {
		for _, v := range []*float64{&out.HitRate, &out.MRR, &out.Precision, &out.Recall, &out.NDCG} {
			*v /= n
		}
	}
	for _, yes := range shown {
		if yes {
			out.Coverage++
		}
	}
	if e.sets > 0 {
		out.Coverage /= float64(e.sets)
	}
}

func distinctItems(items []int32) (n int) {
	for i, item := range items {
		// Items that training does not know may be one or several; each counts,
		// as they are all misses.
		if item == unknownItem || !slices.Contains(items[:i], item) {
			n++
		}
	}
	return n
}
