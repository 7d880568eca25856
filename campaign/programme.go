package campaign

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// programme is all journeys of an engine: immutable, replaced as a whole.
type programme struct {
	policy   Policy
	place    *time.Location
	versions map[versionKey]*plan
	current  []*plan // takes new entries; ordered by ID
	events   map[string]bool
	// attributes tells whether a rule asks for attributes of the contact.
	attributes bool
}

type versionKey struct {
	id      ID
	version int
}

// with returns the programme with p as the current version of its journey.
func (g *programme) with(p *plan) *programme {
	next := *g
	next.versions = maps.Clone(g.versions)
	next.versions[versionKey{p.ID, p.Version}] = p
	next.current = slices.DeleteFunc(slices.Clone(g.current), func(q *plan) bool { return q.ID == p.ID })
	next.current = append(next.current, p)
	slices.SortFunc(next.current, func(a, b *plan) int { return strings.Compare(string(a.ID), string(b.ID)) })
	next.events = maps.Clone(g.events)
	next.events[p.Trigger.Event] = true
	for _, exit := range p.ExitOn {
		next.events[exit.Event] = true
	}
	for _, step := range p.Steps {
		if step.WaitEvent != nil {
			next.events[step.WaitEvent.Event] = true
		}
	}
	for _, r := range p.rules() {
		for _, path := range r.Paths() {
			if head, _, _ := strings.Cut(path, "."); head != "event" && head != "entry" {
				next.attributes = true
			}
		}
	}
	return &next
}
