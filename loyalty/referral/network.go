package referral

import (
	"maps"
	"slices"
	"time"
)

// Person is what is known of an account.
type Person struct {
	// Email is compared by [Mailbox].
	Email string
	// Signals are further marks of a person by kind, such as a card's fingerprint, a
	// device, a telephone number. Two accounts with one value of a kind are one
	// person's: leave out what many share, see [Clusters].
	Signals map[string]string
	// Orders is how many orders the account had before it was brought.
	Orders int
}

// same returns the signal that two accounts share, "" for none.
func (p *Person) same(q *Person) string {
	if p.Email != "" && Mailbox(p.Email) == Mailbox(q.Email) {
		return "email"
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Signals)) {
		if v := p.Signals[kind]; v != "" && v == q.Signals[kind] {
			return kind
		}
	}
	return ""
}

// Network is who brought whom. The zero value is empty and ready. It is not safe for
// concurrent use.
type Network struct{ by map[string]string }

// Referrer returns who brought a person, "" for nobody.
func (n *Network) Referrer(who string) string { return n.by[who] }

// Refer notes that referrer brought who. People says what is known of an account;
// nil knows nothing. A referral of oneself or of one's second account, in a circle,
// of somebody who has ordered or was brought before, is a [*RefusedError] and
// changes nothing.
func (n *Network) Refer(referrer, who string, people func(id string) Person) error {
	if err := checkIDs("referrer", referrer, "who", who); err != nil {
		return err
	}
	if referrer == who {
		return refused(Self)
	}
	for up := n.by[referrer]; up != ""; up = n.by[up] {
		if up == who {
			return refused(Cycle)
		}
	}
	if n.by[who] != "" {
		return refused(AlreadyReferred)
	}
	if people != nil {
		a, b := people(referrer), people(who)
		if signal := a.same(&b); signal != "" {
			return &RefusedError{SamePerson, signal}
		}
		// The second account of somebody further up is that person again.
		for up := n.by[referrer]; up != ""; up = n.by[up] {
			above := people(up)
			if signal := above.same(&b); signal != "" {
				return &RefusedError{SamePerson, signal}
			}
		}
		if b.Orders > 0 {
			return refused(NotNew)
		}
	}
	if n.by == nil {
		n.by = map[string]string{}
	}
	n.by[who] = referrer
	return nil
}

// RewardState is how far the reward for a referral is.
type RewardState string

// The states of a reward.
const (
	RewardPending RewardState = "pending" // the hold is not over
	RewardEarned  RewardState = "earned"
	RewardLost    RewardState = "lost" // the order was canceled before
)

// Reward returns how far the reward for the first order of a referred person is at
// an instant: it is earned when the order was not canceled (the zero time) within
// hold of being placed. An order canceled at the end of the hold is too late to
// lose it.
func Reward(placed, canceled time.Time, hold time.Duration, at time.Time) RewardState {
	end := placed.Add(hold)
	switch {
	case !canceled.IsZero() && canceled.Before(end) && !canceled.After(at):
		return RewardLost
	case at.Before(end):
		return RewardPending
	}
	return RewardEarned
}
