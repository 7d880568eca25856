package order

import (
	"fmt"
	"maps"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ChangedMind is the reason of a return that is nobody's fault. Every other reason,
// such as "defective" or "wrong_item", is the shop's.
const ChangedMind = "changed_mind"

// Policy is on what terms goods come back. An order keeps those under which it was
// placed.
type Policy struct {
	// WindowDays is how many days after the day of delivery a buyer may change his
	// mind or exchange, ClaimDays how many he may complain.
	WindowDays int `json:"window_days"`
	ClaimDays  int `json:"claim_days"`
	// Restocking is the part of the price that is kept of units that come back for a
	// change of mind, by their condition; none for a condition that is not named.
	Restocking map[string]money.Rate `json:"restocking,omitempty"`
	// Label is kept once from each return for a change of mind.
	Label money.Amount `json:"label,omitzero"`
	// DeliveryRefund says what of the delivery is given back when everything came
	// back for a change of mind.
	DeliveryRefund DeliveryRefund `json:"delivery_refund,omitempty"`
	// Zone is the time zone whose days are counted, such as "Europe/Berlin"; UTC if
	// it is empty.
	Zone string `json:"zone,omitempty"`
}

// DeliveryRefund says what of a delivery charge is given back.
type DeliveryRefund string

// What of the delivery is given back when everything came back.
const (
	DeliveryNever    DeliveryRefund = "never" // "" too
	DeliveryFull     DeliveryRefund = "full"
	DeliveryCheapest DeliveryRefund = "cheapest" // no more than the cheapest option cost
)

// check reports the first thing wrong with the policy.
func (p *Policy) check(c money.Currency) error {
	if p.WindowDays < 0 || p.ClaimDays < 0 {
		return fmt.Errorf("%d and %d days: %w", p.WindowDays, p.ClaimDays, flywheel.ErrOutOfRange)
	}
	for condition, rate := range p.Restocking {
		if rate.Sign() < 0 || rate.Cmp(money.Percent(100)) > 0 {
			return fmt.Errorf("restocking of %q: %s is not between 0 and 1: %w", condition, rate, flywheel.ErrOutOfRange)
		}
	}
	if !p.Label.IsZero() && (p.Label.Sign() < 0 || p.Label.Currency() != c) {
		return fmt.Errorf("label: %v: %w", p.Label, flywheel.ErrInvalid)
	}
	switch p.DeliveryRefund {
	case "", DeliveryNever, DeliveryFull, DeliveryCheapest:
	default:
		return fmt.Errorf("delivery_refund: %q: %w", p.DeliveryRefund, flywheel.ErrInvalid)
	}
	_, err := p.zone()
	return err
}

func (p *Policy) zone() (*time.Location, error) {
	if p.Zone == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(p.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone %q: %w", p.Zone, flywheel.ErrInvalid)
	}
	return loc, nil
}

// over returns whether more than days have passed at the time at since the day of
// delivery.
func (p *Policy) over(at, delivered time.Time, days int) (bool, error) {
	loc, err := p.zone()
	if err != nil {
		return false, err
	}
	return !at.Before(caltime.StartOfDay(delivered, days+1, loc)), nil
}

func (p Policy) clone() Policy {
	p.Restocking = maps.Clone(p.Restocking)
	return p
}
