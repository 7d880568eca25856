package loyalty

import (
	"fmt"
	"maps"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// BurnOrder says which lots are spent first.
type BurnOrder string

// Burn orders.
const (
	// OldestFirst spends by earning time. It is the default.
	OldestFirst BurnOrder = "fifo"
	// ExpiringFirst spends by expiry, what never expires last, then by earning
	// time. It is kinder to members.
	ExpiringFirst BurnOrder = "fefo"
)

// Clawback says what becomes of points that an earning's reversal should take
// but that have been spent.
type Clawback string

// Ways to claw back.
const (
	// Negative makes them a debt. It is the default.
	Negative Clawback = "negative"
	// OtherLots takes them from other lots in burn order, then makes a debt.
	OtherLots Clawback = "other_lots"
	// FloorZero writes them off.
	FloorZero Clawback = "floor_zero"
)

// Program is the rules of a loyalty program. The zero value earns one point
// per unit of money, rounded down, without expiry and tiers, in UTC.
// Durations are ISO 8601 ("P12M", "P30D") on the program's calendar.
type Program struct {
	// From is when the program begins; zero is always. What takes effect at or
	// after it, and before the From of the next one, belongs to the program.
	From time.Time `json:"from,omitzero"`
	// Timezone is the IANA zone of days, months and years; UTC when empty.
	Timezone string  `json:"timezone,omitempty"`
	Earning  Earning `json:"earning,omitzero"`
	// Acts earn points besides purchases.
	Acts []Act `json:"acts,omitempty"`
	// PendingFor is how long after earning points become available, such as
	// the time for returning goods; empty is at once.
	PendingFor string    `json:"pending_for,omitempty"`
	Expiry     Expiry    `json:"expiry,omitzero"`
	BurnOrder  BurnOrder `json:"burn_order,omitempty"`
	Clawback   Clawback  `json:"clawback,omitempty"`
	// RestoreGrace is how long points live that a reversed burn gives back
	// after their lot has expired; empty lets them expire at once.
	RestoreGrace string `json:"restore_grace,omitempty"`
	// Worth is what one point pays in minor units of a currency, above 0 and at most
	// 1,000,000; points pay nothing in a currency that is missing. It holds for what is
	// spent while the program holds: what was spent before is given back as points.
	Worth map[money.Currency]money.Rate `json:"worth,omitempty"`
	// Tiering is how members rise and fall; nil is a program without tiers.
	Tiering *Tiering `json:"tiering,omitempty"`
}

// Ledger computes with accounts by the rules of a program. It is immutable,
// safe for concurrent use, and pure: it takes accounts and returns accounts,
// and reads no clock.
type Ledger struct {
	program Program
	zone    *time.Location
	pending caltime.Duration
	expiry  caltime.Duration
	grace   caltime.Duration
	earning earning
	acts    []act
	tiering *tiering
}

// NewLedger checks and compiles a program. The error is a [*ProgramError].
func NewLedger(p Program) (*Ledger, error) {
	p.Worth = maps.Clone(p.Worth)
	l := &Ledger{program: p}
	fail := func(field string, err error) (*Ledger, error) {
		return nil, &ProgramError{flywheel.FieldError{Field: field, Err: err}}
	}
	var err error
	if l.zone, err = time.LoadLocation(p.Timezone); err != nil || p.Timezone == "Local" {
		return fail("timezone", fmt.Errorf("%q is unknown: %w", p.Timezone, flywheel.ErrInvalid))
	}
	for _, d := range []struct {
		field, text string
		into        *caltime.Duration
	}{
		{"pending_for", p.PendingFor, &l.pending}, {"expiry.after", p.Expiry.After, &l.expiry}, {"restore_grace", p.RestoreGrace, &l.grace},
	} {
		if d.text == "" {
			continue
		}
		if *d.into, err = caltime.ParseDuration(d.text); err != nil {
			return fail(d.field, err)
		}
	}
	if p.Expiry.Round > EndOfYear {
		return fail("expiry.round", fmt.Errorf("%d is unknown: %w", p.Expiry.Round, flywheel.ErrInvalid))
	}
	if p.Expiry.After == "" && p.Expiry.Round != Exact {
		return fail("expiry.after", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	}
	switch p.BurnOrder {
	case "":
		l.program.BurnOrder = OldestFirst
	case OldestFirst, ExpiringFirst:
	default:
		return fail("burn_order", fmt.Errorf("%q is unknown: %w", p.BurnOrder, flywheel.ErrInvalid))
	}
	switch p.Clawback {
	case "":
		l.program.Clawback = Negative
	case Negative, OtherLots, FloorZero:
	default:
		return fail("clawback", fmt.Errorf("%q is unknown: %w", p.Clawback, flywheel.ErrInvalid))
	}
	if err := checkWorth(p.Worth); err != nil {
		return nil, err
	}
	if l.earning, err = p.Earning.compile(); err != nil {
		return fail("earning", err)
	}
	for i := range p.Acts {
		a, err := p.Acts[i].compile()
		if err != nil {
			return fail(fmt.Sprintf("acts[%d]", i), err)
		}
		l.acts = append(l.acts, a)
	}
	if p.Tiering != nil {
		if l.tiering, err = p.Tiering.compile(l.zone); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// one is the multiplier of members without a bonus.
var one = money.MustRate("1")
