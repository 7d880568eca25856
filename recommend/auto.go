package recommend

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Auto chooses: it fits models of several kinds, tries what they say on choices that
// they have not seen, tunes those that do well, blends the best of each kind with
// weights that suit the validation part, and fits the blend again on everything. It
// names what it did. Popularity is always among the candidates, so the choice is
// never below it on the validation part.
//
// The work is limited in fits and in passes over the validation part, never by a
// clock, so the same data give the same choice on any machine.
type Auto struct {
	// K is the length of the lists whose NDCG decides: 10; 20 for sessions.
	K int
	// Fits is how many models may be fitted while choosing: 32.
	Fits int
	// Passes is how often the validation part may be gone through: 90.
	Passes int
	// Questions is the most actors of the validation part that are asked, chosen by
	// a hash of the actor: 3,000.
	Questions int
	// KeepValid leaves the validation part out of the last fit.
	KeepValid bool
	// Cancel stops the search when it is closed. What was found by then is fitted
	// and Stopped is set; before there is anything, the error matches [ErrStopped].
	Cancel <-chan struct{}
}

// ErrStopped reports that [Auto] was canceled before it had a model. It matches
// [flywheel.ErrConflict].
var ErrStopped = fmt.Errorf("recommend: canceled before there was a model: %w", flywheel.ErrConflict)

// Trial is one thing that [Auto] tried.
type Trial struct {
	// Model is the String of the Learner.
	Model string `json:"model"`
	// NDCG at K on the validation part; 0 when it failed.
	NDCG float64 `json:"ndcg"`
	// Failed says why it could not be fitted, such as that it would need too much
	// memory.
	Failed string `json:"failed,omitempty"`
}

// Chosen is what [Auto] found.
type Chosen struct {
	Scorer Scorer
	// Matrix is what Scorer was fitted on: with the validation part, unless
	// KeepValid.
	Matrix *Matrix
	// Learner fits the same model on other data.
	Learner Learner
	// NDCG and Popularity are those of the choice and of popularity on the
	// validation part, at K.
	K                int
	NDCG, Popularity float64
	Trials           []Trial
	// Fits and Passes is the work that was done while choosing.
	Fits, Passes int
	// Held is how many choices were held out for validation, and How by which rule.
	Held int
	How  string
	// Stopped says that Cancel cut the search short.
	Stopped bool
}

// String says what was done, in a few lines.
func (c *Chosen) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "validation: %d choices, %s\n", c.Held, c.How)
	fmt.Fprintf(&b, "tried %d models in %d fits and %d passes", len(c.Trials), c.Fits, c.Passes)
	if c.Stopped {
		b.WriteString("; canceled before the end")
	}
	fmt.Fprintf(&b, "\nchosen: %v\nNDCG@%d on validation %.4f, popularity %.4f", c.Learner, c.K, c.NDCG, c.Popularity)
	return b.String()
}

func (a Auto) check() error {
	for _, p := range []struct {
		name  string
		value int
	}{{"K", a.K}, {"Fits", a.Fits}, {"Passes", a.Passes}, {"Questions", a.Questions}} {
		if p.value < 0 {
			return paramError("Auto", p.name, p.value)
		}
	}
	return nil
}

// String implements [Learner].
func (a Auto) String() string { return "auto" }

// Fit implements [Learner]: it is Learn with a validation part of its own making.
func (a Auto) Fit(m *Matrix) (Scorer, error) {
	c, err := a.Learn(m.Choices(), nil)
	if err != nil {
		return nil, err
	}
	return c.Scorer, nil
}

// Learn chooses a model for train by valid. Without valid it holds out a part of
// train by itself: where times are known the last tenth of each actor's choices, at
// least one, of those who have five; else, or where few have, one in ten by a hash of
// actor and item.
// Without anything to validate on it takes popularity.
func (a Auto) Learn(train, valid []Choice) (*Chosen, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	a.K, a.Questions = orDefault(a.K, 10), orDefault(a.Questions, 3000)
	all := train
	how := "as given"
	if len(valid) == 0 {
		m, err := NewMatrix(train)
		if err != nil {
			return nil, err
		}
		train, valid, how = holdOut(m)
	} else if !a.KeepValid {
		all = slices.Concat(train, valid)
	}
	m, err := NewMatrix(train)
	if err != nil {
		return nil, err
	}
	last, err := NewMatrix(all)
	if err != nil {
		return nil, err
	}
	exam, err := NewExam(m, someActors(valid, a.Questions))
	if err != nil {
		return nil, err
	}
	s := a.search(m, exam)
	s.chosen.Held, s.chosen.How = len(valid), how
	s.baseline(Popularity{})
	if exam.Cases() > 0 {
		s.actors()
	}
	return s.finish(last)
}

// LearnSessions is Learn for models of sessions, by the item that comes next.
// Without valid the newest tenth of the sessions is held out, by their order where
// they have no times.
func (a Auto) LearnSessions(train, valid []Session) (*Chosen, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	a.K, a.Questions = orDefault(a.K, 20), orDefault(a.Questions, 3000)
	all := train
	how := "as given"
	if len(valid) == 0 {
		train, valid = holdOutSessions(train)
		how = "the newest tenth of the sessions"
	} else if !a.KeepValid {
		all = slices.Concat(train, valid)
	}
	m, err := SessionMatrix(train)
	if err != nil {
		return nil, err
	}
	last, err := SessionMatrix(all)
	if err != nil {
		return nil, err
	}
	if len(valid) > a.Questions {
		valid = valid[len(valid)-a.Questions:]
	}
	exam := NewSessionExam(m, valid)
	s := a.search(m, exam)
	s.chosen.Held, s.chosen.How = exam.Cases(), how
	s.baseline(Popularity{})
	if exam.Cases() > 0 {
		s.visits()
	}
	return s.finish(last)
}

// holdOut splits the rows of m.
func holdOut(m *Matrix) (train, valid []Choice, how string) {
	if m.timed {
		train, valid = holdOutBy(m, func(_ *Choice, place, length int) bool {
			return length >= 5 && place >= length-max(1, length/10)
		})
		if len(valid) >= len(train)/50 && len(valid) > 0 {
			return train, valid, "the last tenth of the choices of each actor"
		}
	}
	train, valid = holdOutBy(m, func(c *Choice, _, _ int) bool { return hashChoice(c)%10 == 0 })
	return train, valid, "a tenth of the choices by hash of actor and item"
}

// holdOutBy splits the rows of m by a rule about a choice and its place in its row.
func holdOutBy(m *Matrix, held func(c *Choice, place, length int) bool) (train, valid []Choice) {
	all := m.Choices()
	for row := range m.actors {
		from, to := m.start[row], m.start[row+1]
		for i := from; i < to; i++ {
			if held(&all[i], i-from, to-from) {
				valid = append(valid, all[i])
			} else {
				train = append(train, all[i])
			}
		}
	}
	return train, valid
}

// hashChoice hashes actor and item (FNV-1a, then [mix]).
func hashChoice(c *Choice) uint64 {
	h := hashString(14695981039346656037, string(c.Actor.Customer))
	h = hashString(h, string(c.Actor.Visitor))
	return mix(hashString(h, string(c.Item)))
}

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return (h ^ 0xff) * 1099511628211
}

// someActors returns the choices of at most n actors, those whose hashes are least.
func someActors(choices []Choice, n int) []Choice {
	hashes := make(map[uint64]bool)
	of := func(c *Choice) uint64 { return hashChoice(&Choice{Actor: c.Actor.normal()}) }
	for i := range choices {
		hashes[of(&choices[i])] = true
	}
	if len(hashes) <= n {
		return choices
	}
	sorted := make([]uint64, 0, len(hashes))
	for h := range hashes {
		sorted = append(sorted, h)
	}
	slices.Sort(sorted)
	limit := sorted[n-1]
	var out []Choice
	for i := range choices {
		if of(&choices[i]) <= limit {
			out = append(out, choices[i])
		}
	}
	return out
}

func holdOutSessions(all []Session) (train, valid []Session) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Session) int {
		if len(a.At) == 0 || len(b.At) == 0 {
			return 0
		}
		return a.At[len(a.At)-1].Compare(b.At[len(b.At)-1])
	})
	n := len(sorted) - len(sorted)/10
	return sorted[:n], sorted[n:]
}
