package community

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Touch says which visit of several an order is credited to.
type Touch string

// The touches.
const (
	LastTouch  Touch = "last"
	FirstTouch Touch = "first"
)

// ShareRules say who is credited with an order. Window is needed.
type ShareRules struct {
	// Window is how old a visit may be, that age not included.
	Window time.Duration
	Touch  Touch // default LastTouch
	Hops   int   // people along the chain of shares; default 1
}

// Shares knows who shared which link through which, and who visited them, in
// memory. Steps come in the order of time. It is not safe for concurrent use.
type Shares struct {
	rules  ShareRules
	links  map[string]link
	visits map[string][]visit // by visitor, within the window
}

type link struct{ user, via string }

type visit struct {
	at   time.Time
	link string
}

// NewShares returns shares without links.
func NewShares(r ShareRules) (*Shares, error) {
	switch {
	case r.Window <= 0:
		return nil, wrong("window", "%v is not positive", r.Window)
	case r.Hops < 0 || r.Hops > 100:
		return nil, wrong("hops", "%d is not from 1 to 100", r.Hops)
	}
	fill(&r.Touch, LastTouch)
	fill(&r.Hops, 1)
	if r.Touch != LastTouch && r.Touch != FirstTouch {
		return nil, fmt.Errorf("community: touch %.40q: %w", r.Touch, flywheel.ErrInvalid)
	}
	return &Shares{rules: r, links: map[string]link{}, visits: map[string][]visit{}}, nil
}

// Share makes a link of a person, perhaps through the link by which the person came.
func (s *Shares) Share(user, name, via string) error {
	if err := checkIDs("user", user, "link", name); err != nil {
		return err
	}
	if _, known := s.links[name]; known {
		return refused(Known)
	}
	if _, known := s.links[via]; via != "" && !known {
		return refused(Unknown)
	}
	s.links[name] = link{user, via}
	return nil
}

// Visit notes that a person followed a link. A visit to one's own link is ignored,
// and own says so.
func (s *Shares) Visit(user, name string, at time.Time) (own bool, err error) {
	if err := checkIDs("user", user); err != nil {
		return false, err
	}
	l, known := s.links[name]
	if !known {
		return false, refused(Unknown)
	}
	if l.user == user {
		return true, nil
	}
	s.visits[user] = append(s.recent(user, at), visit{at, name})
	return false, nil
}

// recent returns the visits within the window.
func (s *Shares) recent(user string, at time.Time) []visit {
	return slices.DeleteFunc(s.visits[user], func(v visit) bool { return at.Sub(v.at) >= s.rules.Window })
}

// Credit returns who is credited with an order of a person: from the visit of the
// touch along the chain of shares, so many people as the rules say, the buyer and
// repetitions left out, which use up no hop.
func (s *Shares) Credit(buyer string, at time.Time) []string {
	visits := s.recent(buyer, at)
	if s.visits[buyer] = visits; len(visits) == 0 {
		delete(s.visits, buyer)
		return nil
	}
	touch := visits[len(visits)-1]
	if s.rules.Touch == FirstTouch {
		touch = visits[0]
	}
	var credited []string
	for name := touch.link; name != "" && len(credited) < s.rules.Hops; name = s.links[name].via {
		if user := s.links[name].user; user != buyer && !slices.Contains(credited, user) {
			credited = append(credited, user)
		}
	}
	return credited
}
