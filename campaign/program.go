package campaign

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// program is all journeys of an engine as the acts of operators made them:
// immutable, replaced as a whole.
type program struct {
	policy   Policy
	place    *time.Location
	lateness time.Duration
	seq      int64 // of the last act
	versions map[versionKey]*plan
	journeys []*dated // ordered by ID
	events   map[string]bool
	// subjects are the attribute lists of waits for an event about a subject, by
	// the event's name.
	subjects map[string][]subjectWait
	open     []Act // launches for which the log has still to be read
	first    bool  // the journeys of Options are in it
	rebuild  int64 // the act of a rebuild that is not over, 0 for none
	// attributes says whether a rule asks for attributes of the contact.
	attributes bool
}

type versionKey struct {
	id      ID
	version int
}

type subjectWait struct {
	names     []string
	journeys  []ID
	unlimited bool // some of these waits have no limit
}

// dated is a journey with everything that was done to it, in order.
type dated struct {
	id     ID
	acts   []Act
	sweep  int64 // the last act that changes runs
	paused bool
}

// with returns the program after further acts, in order.
func (g *program) with(acts []Act) (*program, error) {
	next := *g
	next.versions, next.events = maps.Clone(g.versions), maps.Clone(g.events)
	next.subjects, next.journeys = maps.Clone(g.subjects), slices.Clone(g.journeys)
	for _, a := range acts {
		next.seq = max(next.seq, a.Seq)
		if a.Kind == ActRebuild {
			if next.rebuild = a.Seq; a.Read {
				next.rebuild = 0
			}
			continue
		}
		if a.Kind == ActLaunch {
			if err := next.learn(a); err != nil {
				return nil, err
			}
		}
		i, found := slices.BinarySearchFunc(next.journeys, a.Journey, func(d *dated, id ID) int { return compareID(d.id, id) })
		if !found {
			next.journeys = slices.Insert(next.journeys, i, &dated{id: a.Journey})
		}
		d := *next.journeys[i]
		d.acts = append(slices.Clip(d.acts), a)
		if a.sweeps() {
			d.sweep = a.Seq
		}
		switch a.Kind {
		case ActPause:
			d.paused = true
		case ActResume:
			d.paused = false
		}
		next.journeys[i] = &d
	}
	return &next, nil
}

// learn adds the version that was launched.
func (g *program) learn(a Act) error {
	if a.open() {
		g.open = append(slices.Clip(g.open), a)
	}
	key := versionKey{a.Journey, a.Launched.Version}
	if g.versions[key] != nil {
		return nil
	}
	p, err := newPlan(*a.Launched)
	if err != nil {
		return fmt.Errorf("campaign: act %d: %w", a.Seq, err)
	}
	g.versions[key] = p
	g.events[p.Trigger.Event] = true
	for _, exit := range p.ExitOn {
		g.events[exit.Event] = true
	}
	for i := range p.Steps {
		if wait := p.Steps[i].WaitEvent; wait != nil {
			g.events[wait.Event] = true
			if len(wait.Subject) > 0 {
				g.subjects[wait.Event] = withSubject(g.subjects[wait.Event], wait, p.ID)
			}
		}
	}
	for _, r := range p.rules() {
		for _, path := range r.Paths() {
			if head, _, _ := strings.Cut(path, "."); head != "event" && head != "entry" {
				g.attributes = true
			}
		}
	}
	return nil
}

func withSubject(list []subjectWait, wait *WaitEvent, id ID) []subjectWait {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(w subjectWait) bool { return slices.Equal(w.names, wait.Subject) })
	if i < 0 {
		i = len(list)
		list = append(list, subjectWait{names: wait.Subject})
	}
	w := &list[i]
	w.unlimited = w.unlimited || wait.Limit == ""
	if !slices.Contains(w.journeys, id) {
		w.journeys = append(slices.Clip(w.journeys), id)
	}
	return list
}

// journey returns what was done to a journey, nil for one not known.
func (g *program) journey(id ID) *dated {
	i, found := slices.BinarySearchFunc(g.journeys, id, func(d *dated, id ID) int { return compareID(d.id, id) })
	if !found {
		return nil
	}
	return g.journeys[i]
}

// pausedNow are the journeys whose timers and deliveries stand still.
func (g *program) pausedNow() (ids []ID) {
	for _, d := range g.journeys {
		if d.paused {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// current is the version that takes an entry: the newest From at or before the
// effective time among the launches recorded before it was received and since the
// journey was last retired, nil for none.
func (g *program) current(d *dated, e *flywheel.Entry) *plan {
	var newest *Act
	for i := range d.acts {
		a := &d.acts[i]
		if !a.before(e) {
			continue
		}
		switch {
		case a.Kind == ActRetire:
			newest = nil
		case a.Kind == ActLaunch && !a.From.After(e.Effective) && (newest == nil || !a.From.Before(newest.From)):
			newest = a
		}
	}
	if newest == nil {
		return nil
	}
	return g.versions[versionKey{d.id, newest.Launched.Version}]
}

// latest is the version launched last and not retired since, nil for none.
func (d *dated) latest() *Act {
	var latest *Act
	for i := range d.acts {
		switch a := &d.acts[i]; a.Kind {
		case ActRetire:
			latest = nil
		case ActLaunch:
			latest = a
		}
	}
	return latest
}

// pausedBefore reports whether the journey stood still when e was received.
func (d *dated) pausedBefore(e *flywheel.Entry) bool {
	paused := false
	for i := range d.acts {
		if a := &d.acts[i]; a.Kind == ActPause || a.Kind == ActResume {
			if a.before(e) {
				paused = a.Kind == ActPause
			}
		}
	}
	return paused
}

// heard is the last act that was heard of.
func (d *dated) heard(of func(*Act) bool) (seq int64) {
	for i := range d.acts {
		if of(&d.acts[i]) {
			seq = d.acts[i].Seq
		}
	}
	return seq
}
