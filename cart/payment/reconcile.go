package payment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// MoveKind says which way money moves.
type MoveKind string

// The kinds of movements. A fee of a movement stands in its own row.
const (
	MoveCapture MoveKind = "capture" // from the buyer
	MoveRefund  MoveKind = "refund"  // back to the buyer
	MoveDispute MoveKind = "dispute" // taken back by the bank
	MovePayout  MoveKind = "payout"  // from the gateway to the shop's bank
)

// Movement is money that the shop's own books know of: what its orders captured,
// refunded and lost.
type Movement struct {
	Order         string
	Authorization string
	Kind          MoveKind
	// Reference is what the gateway was given as the key of the call, or its id of the
	// refund or dispute; empty where the books do not know it.
	Reference string
	Amount    money.Amount // positive
	At        time.Time
}

// Posting is one row of a gateway's report.
type Posting struct {
	ID            string // the gateway's id of the row
	Authorization string
	Kind          MoveKind
	Reference     string       // as in [Movement], empty where the report has none
	Amount        money.Amount // positive
	Fee           money.Amount // what the gateway kept of it; its currency may be missing where it is 0
	// Payout is the id of the payout that the row is part of; that of a payout itself
	// is its own. A report that says it of no row has payouts that are not checked.
	Payout string
	At     time.Time
}

// Terms are what was agreed with the gateway.
type Terms struct {
	// Rate of the amount, rounded half up, and Fixed per capture are the fee; both
	// are not checked where FeeUnknown is set. Other rows have none.
	Rate       money.Rate
	Fixed      money.Amount
	FeeUnknown bool
	// Within is how long after a movement its row may be dated; 0 is not checked.
	Within time.Duration
	// Through is the end of the report: a movement whose row may still come after it
	// is not missing yet. The zero time is after everything.
	Through time.Time
}

// DifferenceKind names a [Difference].
type DifferenceKind string

// The kinds of differences between a report and the books.
const (
	Missing     DifferenceKind = "missing"  // in the books, not in the report
	Double      DifferenceKind = "double"   // in the report once more than in the books
	Unknown     DifferenceKind = "unknown"  // in the report, not in the books
	WrongAmount DifferenceKind = "amount"   // another amount
	WrongMoney  DifferenceKind = "currency" // another currency
	WrongFee    DifferenceKind = "fee"      // another fee than agreed
	NewDispute  DifferenceKind = "dispute"  // a dispute that the books do not know
	Late        DifferenceKind = "late"     // dated later than agreed
	WrongPayout DifferenceKind = "payout"   // not the sum of its rows
)

// Difference is one thing in which a report and the books do not agree.
type Difference struct {
	Kind DifferenceKind
	// Movement is that of the books, nil where there is none; Posting that of the
	// report, nil where there is none.
	Movement *Movement
	Posting  *Posting
	// Want is what the books, the terms or the sum say, Got what the report says, where
	// the difference is one of amounts.
	Want, Got money.Amount
}

// String names the difference in one line.
func (d Difference) String() string {
	what := ""
	switch {
	case d.Posting != nil && d.Movement != nil:
		what = fmt.Sprintf("order %q, row %q", d.Movement.Order, d.Posting.ID)
	case d.Posting != nil:
		what = fmt.Sprintf("row %q of %v", d.Posting.ID, d.Posting.Amount)
	case d.Movement != nil:
		what = fmt.Sprintf("order %q, %s of %v", d.Movement.Order, d.Movement.Kind, d.Movement.Amount)
	}
	if d.Want != d.Got {
		what += fmt.Sprintf(": %v, not %v", d.Got, d.Want)
	}
	return string(d.Kind) + ": " + what
}

// Reconciliation is what comparing a report with the books gave.
type Reconciliation struct {
	// Differences are in the order of the report, then of the books.
	Differences []Difference
	// Matched is how many rows and movements belong together, Pending how many
	// movements may still come.
	Matched, Pending int
	// Net is what the gateway owes or paid for the matched rows by currency: captures
	// less refunds, disputes and fees.
	Net []money.Amount
}

// Reconcile compares a gateway's report with the books. Rows and movements of one
// authorization and kind belong together by reference, else by amount, else in the
// order of time. A row that is left over is [Double] where its id or reference is that of
// a matched one, or its amount and nothing else tells it apart; else it is [Unknown],
// or a [NewDispute]. It takes O(n log n).
//
// A movement or row with an unknown kind, or an amount that is not positive, is an
// error matching flywheel.ErrInvalid that names it; a sum that overflows one matching
// flywheel.ErrOutOfRange.
func Reconcile(report []Posting, books []Movement, terms *Terms) (*Reconciliation, error) {
	if terms == nil {
		terms = &Terms{FeeUnknown: true}
	}
	if err := checkRows(report, books); err != nil {
		return nil, err
	}
	r := &reconciler{report: report, books: books, terms: terms, posted: make([]int, len(report)), booked: make([]int, len(books)), groups: map[groupKey]*group{}}
	var order []*group
	at := func(k groupKey) *group {
		g := r.groups[k]
		if g == nil {
			g = &group{}
			r.groups[k] = g
			order = append(order, g)
		}
		return g
	}
	ids := map[string]bool{}
	for i := range report {
		p := &report[i]
		r.posted[i] = none
		if p.Kind == MovePayout {
			continue
		}
		if p.ID != "" && ids[p.ID] {
			r.posted[i] = twice
			continue
		}
		ids[p.ID] = true
		g := at(groupKey{p.Kind, p.Authorization})
		g.postings = append(g.postings, i)
	}
	for i := range books {
		r.booked[i] = none
		g := at(groupKey{books[i].Kind, books[i].Authorization})
		g.movements = append(g.movements, i)
	}
	for _, g := range order {
		r.match(g)
	}
	return r.compare()
}

const (
	none  = -1 // belongs to nothing
	twice = -2 // a row that is there already
)

type groupKey struct {
	kind          MoveKind
	authorization string
}

// group is the rows and movements of one authorization and kind, by index.
type group struct{ postings, movements []int }

type reconciler struct {
	report []Posting
	books  []Movement
	terms  *Terms
	posted []int // for each row its movement
	booked []int // for each movement its row
	groups map[groupKey]*group
}

func (r *reconciler) pair(p, m int) { r.posted[p], r.booked[m] = m, p }

// match finds what belongs together within a group.
func (r *reconciler) match(g *group) {
	byTime := func(at func(i int) time.Time) func(a, b int) int {
		return func(a, b int) int { return cmp.Or(at(a).Compare(at(b)), cmp.Compare(a, b)) }
	}
	slices.SortFunc(g.postings, byTime(func(i int) time.Time { return r.report[i].At }))
	slices.SortFunc(g.movements, byTime(func(i int) time.Time { return r.books[i].At }))
	r.matchBy(g, true, func(p *Posting) any { return p.Reference }, func(m *Movement) any { return m.Reference }, func(key any) bool { return key != "" })
	r.matchBy(g, false, func(p *Posting) any { return p.Amount }, func(m *Movement) any { return m.Amount }, func(any) bool { return true })
	r.matchBy(g, false, func(*Posting) any { return nil }, func(*Movement) any { return nil }, func(any) bool { return true })
}

// matchBy pairs what is left and has the same key, in order of time. Once both sides
// have a reference they belong together by that alone.
func (r *reconciler) matchBy(g *group, reference bool, ofPosting func(p *Posting) any, ofMovement func(m *Movement) any, usable func(key any) bool) {
	waiting := map[any][]int{}
	for _, m := range g.movements {
		if key := ofMovement(&r.books[m]); r.booked[m] == none && usable(key) {
			waiting[key] = append(waiting[key], m)
		}
	}
	for _, p := range g.postings {
		key := ofPosting(&r.report[p])
		if r.posted[p] != none || !usable(key) {
			continue
		}
		for i, m := range waiting[key] {
			if !reference && r.report[p].Reference != "" && r.books[m].Reference != "" {
				continue // both know theirs, and they differ
			}
			r.pair(p, m)
			waiting[key] = slices.Delete(waiting[key], i, i+1)
			break
		}
	}
}

// compare names the differences.
func (r *reconciler) compare() (*Reconciliation, error) {
	out := &Reconciliation{}
	net, payouts := sums{}, map[string]*sums{}
	for i := range r.report {
		p := &r.report[i]
		if p.Kind == MovePayout {
			continue
		}
		signed, err := p.net()
		if err != nil {
			return nil, fmt.Errorf("payment: reconcile: row %q: %w", p.ID, err)
		}
		if p.Payout != "" {
			if payouts[p.Payout] == nil {
				payouts[p.Payout] = &sums{}
			}
			if err := payouts[p.Payout].add(signed...); err != nil {
				return nil, fmt.Errorf("payment: reconcile: payout %q: %w", p.Payout, err)
			}
		}
		if r.posted[i] < 0 {
			out.Differences = append(out.Differences, Difference{Kind: r.leftOver(i), Posting: p})
			continue
		}
		out.Matched++
		if err := net.add(signed...); err != nil {
			return nil, fmt.Errorf("payment: reconcile: net: %w", err)
		}
		found, err := r.pairDiffers(p, &r.books[r.posted[i]])
		if err != nil {
			return nil, err
		}
		out.Differences = append(out.Differences, found...)
	}
	for i := range r.report {
		p := &r.report[i]
		if p.Kind != MovePayout {
			continue
		}
		s := payouts[cmp.Or(p.Payout, p.ID)]
		if s == nil && len(payouts) == 0 {
			continue // the report does not say what is part of which
		}
		got := money.New(0, p.Amount.Currency())
		if s != nil {
			got = s.of(p.Amount.Currency())
		}
		if got != p.Amount {
			out.Differences = append(out.Differences, Difference{Kind: WrongPayout, Posting: p, Want: got, Got: p.Amount})
		}
	}
	for i := range r.books {
		m := &r.books[i]
		switch {
		case r.booked[i] != none:
		case r.terms.Within > 0 && !r.terms.Through.IsZero() && m.At.Add(r.terms.Within).After(r.terms.Through):
			out.Pending++
		default:
			out.Differences = append(out.Differences, Difference{Kind: Missing, Movement: m})
		}
	}
	out.Net = net.list()
	return out, nil
}

// leftOver names a row that belongs to no movement.
func (r *reconciler) leftOver(i int) DifferenceKind {
	p := &r.report[i]
	if r.posted[i] == twice {
		return Double
	}
	for _, j := range r.groups[groupKey{p.Kind, p.Authorization}].movements {
		if r.booked[j] < 0 {
			continue
		}
		q := &r.report[r.booked[j]]
		if p.Reference != "" && p.Reference == q.Reference || (p.Reference == "" || q.Reference == "") && p.Amount == q.Amount {
			return Double
		}
	}
	if p.Kind == MoveDispute {
		return NewDispute
	}
	return Unknown
}

// pairDiffers names the differences of a row and its movement.
func (r *reconciler) pairDiffers(p *Posting, m *Movement) (found []Difference, err error) {
	differ := func(kind DifferenceKind, want, got money.Amount) {
		found = append(found, Difference{Kind: kind, Movement: m, Posting: p, Want: want, Got: got})
	}
	switch {
	case p.Amount.Currency() != m.Amount.Currency():
		differ(WrongMoney, m.Amount, p.Amount)
	case p.Amount != m.Amount:
		differ(WrongAmount, m.Amount, p.Amount)
	}
	if !r.terms.FeeUnknown {
		want := money.New(0, p.Amount.Currency())
		if p.Kind == MoveCapture {
			if want, err = p.Amount.MulRate(r.terms.Rate, money.HalfUp); err != nil {
				return nil, fmt.Errorf("payment: reconcile: row %q: fee: %w", p.ID, err)
			}
			if r.terms.Fixed.Currency() == want.Currency() {
				if want, err = want.Add(r.terms.Fixed); err != nil {
					return nil, fmt.Errorf("payment: reconcile: row %q: fee: %w", p.ID, err)
				}
			}
		}
		if got := p.fee(); got != want {
			differ(WrongFee, want, got)
		}
	}
	if r.terms.Within > 0 && p.At.After(m.At.Add(r.terms.Within)) {
		differ(Late, money.Amount{}, money.Amount{})
	}
	return found, nil
}

// fee is the fee of a row in its own currency where it is 0 and has none.
func (p *Posting) fee() money.Amount {
	if p.Fee.Currency().IsZero() {
		return money.New(0, p.Amount.Currency())
	}
	return p.Fee
}

// net is what a row adds to what the gateway owes.
func (p *Posting) net() ([]money.Amount, error) {
	amount, err := p.Amount, error(nil)
	if p.Kind != MoveCapture {
		if amount, err = amount.Neg(); err != nil {
			return nil, err
		}
	}
	fee, err := p.fee().Neg()
	return []money.Amount{amount, fee}, err
}

// sums are sums by currency.
type sums struct {
	byCurrency map[money.Currency]money.Amount
}

func (s *sums) add(amounts ...money.Amount) error {
	if s.byCurrency == nil {
		s.byCurrency = map[money.Currency]money.Amount{}
	}
	for _, a := range amounts {
		sum, err := s.of(a.Currency()).Add(a)
		if err != nil {
			return err
		}
		s.byCurrency[a.Currency()] = sum
	}
	return nil
}

func (s *sums) of(c money.Currency) money.Amount {
	if a, ok := s.byCurrency[c]; ok {
		return a
	}
	return money.New(0, c)
}

func (s *sums) list() (list []money.Amount) {
	for _, a := range s.byCurrency {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b money.Amount) int { return cmp.Compare(a.Currency().String(), b.Currency().String()) })
	return list
}

func checkRows(report []Posting, books []Movement) error {
	wrong := func(field string, i int, what string, args ...any) error {
		return &flywheel.FieldError{Field: fmt.Sprintf("%s[%d]", field, i), Err: fmt.Errorf("payment: reconcile: "+what+": %w", append(args, flywheel.ErrInvalid)...)}
	}
	for i := range report {
		p := &report[i]
		switch {
		case p.Kind != MoveCapture && p.Kind != MoveRefund && p.Kind != MoveDispute && p.Kind != MovePayout:
			return wrong("report", i, "row %q: unknown kind %.40q", p.ID, string(p.Kind))
		case p.Amount.Sign() <= 0:
			return wrong("report", i, "row %q: %v is not positive", p.ID, p.Amount)
		}
	}
	for i := range books {
		m := &books[i]
		switch {
		case m.Kind != MoveCapture && m.Kind != MoveRefund && m.Kind != MoveDispute:
			return wrong("books", i, "order %q: unknown kind %.40q", m.Order, string(m.Kind))
		case m.Amount.Sign() <= 0:
			return wrong("books", i, "order %q: %v is not positive", m.Order, m.Amount)
		}
	}
	return nil
}
