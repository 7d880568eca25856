package moderation

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// The rules that hold where [Rules] have zero.
const (
	DefaultReportLimit = 3
	DefaultLease       = 10 * time.Minute
	DefaultAppeals     = 1
	DefaultSLA         = 24 * time.Hour
)

// maxReports bounds the reporters that an item remembers.
const maxReports = 1000

// Rules say how items are moderated. The zero value is ready: no automatic
// approval, and the Default constants.
type Rules struct {
	// AutoApproveTrust is the trust in an author, in whatever scale the shop uses,
	// from which on items that are not flagged are approved at once; 0 is never.
	AutoApproveTrust int
	// ReportLimit is how many different people hide an approved item, 1 to 1,000.
	ReportLimit int
	// Lease is how long a claim lasts.
	Lease time.Duration
	// Appeals is how often the author may appeal; NoAppeals is never.
	Appeals   int
	NoAppeals bool
	// SLA is how long after entering the queue an item is to be decided.
	SLA time.Duration
	// OtherModerator leaves the decision after an appeal to somebody who did not
	// reject the item.
	OtherModerator bool
}

// Machine applies rules. It is immutable and safe for concurrent use.
type Machine struct{ rules Rules }

// New returns the machine of rules. Negative ones are a [*flywheel.FieldError].
func New(r Rules) (*Machine, error) {
	refuse := func(field string, value any) error {
		return fmt.Errorf("moderation: %w", &flywheel.FieldError{Field: field, Err: fmt.Errorf("%v: %w", value, flywheel.ErrOutOfRange)})
	}
	switch {
	case r.AutoApproveTrust < 0:
		return nil, refuse("auto_approve_trust", r.AutoApproveTrust)
	case r.ReportLimit < 0 || r.ReportLimit > maxReports:
		return nil, refuse("report_limit", r.ReportLimit)
	case r.Lease < 0:
		return nil, refuse("lease", r.Lease)
	case r.Appeals < 0 || r.Appeals > 0 && r.NoAppeals:
		return nil, refuse("appeals", r.Appeals)
	case r.SLA < 0:
		return nil, refuse("sla", r.SLA)
	}
	if r.ReportLimit == 0 {
		r.ReportLimit = DefaultReportLimit
	}
	if r.Lease == 0 {
		r.Lease = DefaultLease
	}
	if r.Appeals == 0 && !r.NoAppeals {
		r.Appeals = DefaultAppeals
	}
	if r.SLA == 0 {
		r.SLA = DefaultSLA
	}
	return &Machine{r}, nil
}

// Rules returns the rules with their defaults.
func (m *Machine) Rules() Rules { return m.rules }

// State is where an item stands.
type State string

// The states.
const (
	Pending  State = "pending"  // waits in the queue
	Claimed  State = "claimed"  // a moderator looks at it
	Approved State = "approved" // visible
	Rejected State = "rejected"
)

// Item is how far the moderation of one text is. The zero value is no item; see
// [Machine.Submit].
type Item struct {
	// Author wrote the text; it may be empty once the author is forgotten.
	Author string `json:"author,omitempty"`
	State  State  `json:"state"`
	// Entered is when the item last entered the queue, Due when it is to be decided.
	// Both stand after the decision.
	Entered time.Time `json:"entered,omitzero"`
	Due     time.Time `json:"due,omitzero"`
	// Claimant has claimed the item until Until; empty unless claimed.
	Claimant string    `json:"claimant,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	// Reporters reported the item since the last decision, sorted.
	Reporters []string `json:"reporters,omitempty"`
	// Appeals counts the appeals so far.
	Appeals int `json:"appeals,omitempty"`
	// Moderator decided last, empty after an automatic approval. Late says that it
	// was at or after Due.
	Moderator string    `json:"moderator,omitempty"`
	Decided   time.Time `json:"decided,omitzero"`
	Late      bool      `json:"late,omitempty"`
}

// Visible reports whether readers see the text.
func (i *Item) Visible() bool { return i.State == Approved }

// At returns the item as it is at an instant: a claim that is over leaves it
// pending.
func (i Item) At(at time.Time) Item {
	if i.State == Claimed && !at.Before(i.Until) {
		i.State, i.Claimant, i.Until = Pending, "", time.Time{}
	}
	return i
}

// queue puts the item into the queue. An item that waits already keeps its time.
func (m *Machine) queue(i *Item, at time.Time) {
	if i.State != Pending && i.State != Claimed {
		i.Entered, i.Due = at, at.Add(m.rules.SLA)
	}
	i.State, i.Claimant, i.Until = Pending, "", time.Time{}
}

// Submission is a new text.
type Submission struct {
	Author string
	// Trust is how much the author is trusted, in the scale of
	// [Rules].AutoApproveTrust.
	Trust int
	// Flagged texts are looked at whatever the trust, as where [Clean] or a signal of
	// fraud found something.
	Flagged bool
}

// Submit returns the item of a new text: approved if its author is trusted and it
// is not flagged, else pending.
func (m *Machine) Submit(s Submission, at time.Time) (Item, error) {
	if err := flywheel.CheckID(s.Author); err != nil {
		return Item{}, fmt.Errorf("moderation: %w", &flywheel.FieldError{Field: "author", Err: err})
	}
	i := Item{Author: s.Author}
	m.queue(&i, at)
	if m.rules.AutoApproveTrust > 0 && s.Trust >= m.rules.AutoApproveTrust && !s.Flagged {
		i.State, i.Decided = Approved, at
	}
	return i, nil
}

// Claim gives the item to a moderator for the lease. Who holds it already gets a
// new lease.
func (m *Machine) Claim(i Item, moderator string, at time.Time) (Item, error) {
	i = i.At(at)
	switch {
	case flywheel.CheckID(moderator) != nil:
		return i, refused(NoModerator)
	case i.State != Pending && i.State != Claimed:
		return i, refused(NotPending)
	case moderator == i.Author:
		return i, refused(OwnItem)
	case i.State == Claimed && i.Claimant != moderator:
		return i, refused(AlreadyClaimed)
	case m.rules.OtherModerator && i.Appeals > 0 && moderator == i.Moderator:
		return i, refused(OwnDecision)
	}
	i.State, i.Claimant, i.Until = Claimed, moderator, at.Add(m.rules.Lease)
	return i, nil
}

// Release gives a claimed item back to the queue.
func (m *Machine) Release(i Item, moderator string, at time.Time) (Item, error) {
	i = i.At(at)
	if i.State != Claimed || i.Claimant != moderator {
		return i, refused(NotClaimedByYou)
	}
	m.queue(&i, at)
	return i, nil
}

// Decide approves or rejects the item, by the moderator who holds it. It clears the
// reports.
func (m *Machine) Decide(i Item, moderator string, verdict State, at time.Time) (Item, error) {
	i = i.At(at)
	switch {
	case verdict != Approved && verdict != Rejected:
		return i, refused(NoVerdict)
	case i.State != Claimed || i.Claimant != moderator:
		return i, refused(NotClaimedByYou)
	}
	i.State, i.Claimant, i.Until, i.Reporters = verdict, "", time.Time{}, nil
	i.Moderator, i.Decided, i.Late = moderator, at, !at.Before(i.Due)
	return i, nil
}

// Outcome is what a report caused.
type Outcome string

// The outcomes.
const (
	Noted     Outcome = "noted"
	Duplicate Outcome = "duplicate" // this reporter's report is known
	Hidden    Outcome = "hidden"    // the item is back in the queue
	Ignored   Outcome = "ignored"   // the item is not visible, see Item.State
)

// Report notes that a reader objects to a visible item.
func (m *Machine) Report(i Item, reporter string, at time.Time) (Item, Outcome, error) {
	i = i.At(at)
	if err := flywheel.CheckID(reporter); err != nil {
		return i, "", fmt.Errorf("moderation: %w", &flywheel.FieldError{Field: "reporter", Err: err})
	}
	if i.State != Approved {
		return i, Ignored, nil
	}
	place, known := slices.BinarySearch(i.Reporters, reporter)
	if known {
		return i, Duplicate, nil
	}
	i.Reporters = slices.Insert(slices.Clone(i.Reporters), place, reporter)
	if len(i.Reporters) < m.rules.ReportLimit {
		return i, Noted, nil
	}
	m.queue(&i, at)
	return i, Hidden, nil
}

// Edit sends the item back to the queue, since its author changed the text.
func (m *Machine) Edit(i Item, author string, at time.Time) (Item, error) {
	i = i.At(at)
	if author == "" || author != i.Author {
		return i, refused(NotAuthor)
	}
	m.queue(&i, at)
	return i, nil
}

// Appeal asks for a second decision about a rejected item, by its author.
func (m *Machine) Appeal(i Item, author string, at time.Time) (Item, error) {
	i = i.At(at)
	switch {
	case author == "" || author != i.Author:
		return i, refused(NotAuthor)
	case i.State != Rejected:
		return i, refused(NotRejected)
	case i.Appeals >= m.rules.Appeals:
		return i, refused(AppealLimit)
	}
	i.Appeals++
	m.queue(&i, at)
	return i, nil
}
