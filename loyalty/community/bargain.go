package community

import (
	"math"
	"time"
)

// BargainRules are the rules of cutting a price with the help of others. Start,
// Floor and Helps are needed; zero elsewhere means the default.
type BargainRules struct {
	Start, Floor int64 // minor units
	Helps        int   // cuts that bring the price to the floor
	// Duration is how long a launch lasts; default a day.
	Duration time.Duration
	// HelpLimit is how many launches of the activity a person helps, the own cuts not
	// counted; LaunchLimit how many launches a person has that did not expire. Default
	// 1.
	HelpLimit, LaunchLimit int
	NoSelfCut              bool // the owner may not cut
	BeforeFloor            bool // the owner may order before the floor is reached
}

// LaunchState is how far a launch is.
type LaunchState string

// The states of a launch.
const (
	LaunchActive  LaunchState = "active"
	LaunchReached LaunchState = "reached"
	LaunchOrdered LaunchState = "ordered"
	LaunchExpired LaunchState = "expired"
)

// Launch is one person's price.
type Launch struct {
	ID    string      `json:"id"`
	Owner string      `json:"owner"`
	Price int64       `json:"price"`
	Cuts  int         `json:"cuts"`
	State LaunchState `json:"state"`
	// Ends is the first instant at which it is expired, unless ordered.
	Ends   time.Time `json:"ends"`
	helped map[string]bool
}

// Bargain is one activity of cutting prices (kan jia) in memory. Steps come in the
// order of time. It is not safe for concurrent use.
type Bargain struct {
	rules    BargainRules
	launches map[string]*Launch
	owned    map[string][]*Launch
	helps    map[string]int // own cuts not counted
}

// NewBargain returns an activity without launches.
func NewBargain(r BargainRules) (*Bargain, error) {
	switch {
	case r.Floor < 0 || r.Start <= r.Floor:
		return nil, wrong("floor", "%d is not from 0 to below %d", r.Floor, r.Start)
	case r.Helps < 1 || int64(r.Helps) > r.Start-r.Floor:
		return nil, wrong("helps", "%d is not from 1 to %d", r.Helps, r.Start-r.Floor)
	case r.Start > 1<<52:
		return nil, wrong("start", "%d", r.Start)
	case r.Duration < 0:
		return nil, wrong("duration", "%v", r.Duration)
	case r.HelpLimit < 0:
		return nil, wrong("help_limit", "%d", r.HelpLimit)
	case r.LaunchLimit < 0:
		return nil, wrong("launch_limit", "%d", r.LaunchLimit)
	}
	fill(&r.Duration, 24*time.Hour)
	fill(&r.HelpLimit, 1)
	fill(&r.LaunchLimit, 1)
	return &Bargain{rules: r, launches: map[string]*Launch{}, owned: map[string][]*Launch{}, helps: map[string]int{}}, nil
}

// at returns a launch as it is at an instant, nil where there is none.
func (b *Bargain) at(id string, at time.Time) *Launch {
	l := b.launches[id]
	if l != nil {
		l.expire(at)
	}
	return l
}

func (l *Launch) expire(at time.Time) {
	if (l.State == LaunchActive || l.State == LaunchReached) && !at.Before(l.Ends) {
		l.State = LaunchExpired
	}
}

// Launch returns a launch as it is at an instant; ok is false where there is none.
func (b *Bargain) Launch(id string, at time.Time) (l Launch, ok bool) {
	there := b.at(id, at)
	if there == nil {
		return l, false
	}
	return *there, true
}

// Start launches a price of a person.
func (b *Bargain) Start(user, launch string, at time.Time) error {
	if err := checkIDs("user", user, "launch", launch); err != nil {
		return err
	}
	if b.launches[launch] != nil {
		return refused(Known)
	}
	living := 0
	for _, l := range b.owned[user] {
		if l.expire(at); l.State != LaunchExpired {
			living++
		}
	}
	if living >= b.rules.LaunchLimit {
		return refused(LaunchLimit)
	}
	l := &Launch{ID: launch, Owner: user, Price: b.rules.Start, State: LaunchActive, Ends: at.Add(b.rules.Duration), helped: map[string]bool{}}
	b.launches[launch] = l
	b.owned[user] = append(b.owned[user], l)
	return nil
}

// Help cuts the price of a launch by a random part of what remains, u in [0, 1) from
// the caller, and returns the cut. With r above the floor and k cuts left the cut is
// r for k = 1, else floor(((u·2)·r)/k), at least 1 and leaving 1 for each later cut:
// the floor is reached by exactly so many cuts as the rules say, and the mean cut is
// the same for each.
func (b *Bargain) Help(launch, user string, u float64, at time.Time) (cut int64, err error) {
	if err := checkIDs("user", user); err != nil {
		return 0, err
	}
	if !(u >= 0 && u < 1) {
		return 0, wrong("u", "%v is not in [0, 1)", u)
	}
	l := b.at(launch, at)
	switch {
	case l == nil:
		return 0, refused(Unknown)
	case l.State != LaunchActive:
		return 0, refused(Reason(l.State))
	case user == l.Owner && b.rules.NoSelfCut:
		return 0, refused(OwnLaunch)
	case l.helped[user]:
		return 0, refused(AlreadyHelped)
	case user != l.Owner && b.helps[user] >= b.rules.HelpLimit:
		return 0, refused(HelpLimit)
	}
	left, remains := int64(b.rules.Helps-l.Cuts), l.Price-b.rules.Floor
	cut = remains
	if left > 1 {
		cut = int64(math.Floor(float64(float64(u*2)*float64(remains)) / float64(left)))
		cut = max(1, min(cut, remains-(left-1)))
	}
	l.Price -= cut
	l.helped[user] = true
	if user != l.Owner {
		b.helps[user]++
	}
	if l.Cuts++; l.Cuts == b.rules.Helps {
		l.State = LaunchReached
	}
	return cut, nil
}

// Order lets the owner buy at the price of the launch, which is then fixed.
func (b *Bargain) Order(launch, user string, at time.Time) (price int64, err error) {
	l := b.at(launch, at)
	switch {
	case l == nil:
		return 0, refused(Unknown)
	case l.State == LaunchExpired || l.State == LaunchOrdered:
		return 0, refused(Reason(l.State))
	case user != l.Owner:
		return 0, refused(NotOwner)
	case l.State == LaunchActive && !b.rules.BeforeFloor:
		return 0, refused(FloorNotReached)
	}
	l.State = LaunchOrdered
	return l.Price, nil
}
