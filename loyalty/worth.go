package loyalty

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// mostWorth is what a point is worth at most, in minor units.
var mostWorth = money.MustRate("1000000")

func checkWorth(worth map[money.Currency]money.Rate) error {
	byCode := func(a, b money.Currency) int { return strings.Compare(a.String(), b.String()) }
	for _, currency := range slices.SortedFunc(maps.Keys(worth), byCode) {
		value := worth[currency]
		fail := func(err error) error {
			return &ProgramError{flywheel.FieldError{Field: fmt.Sprintf("worth[%s]", currency), Err: err}}
		}
		switch {
		case currency.IsZero():
			return fail(fmt.Errorf("no currency: %w", flywheel.ErrInvalid))
		case value.Sign() <= 0 || value.Cmp(mostWorth) > 0:
			return fail(fmt.Errorf("%v is not above 0 and at most %v: %w", value, mostWorth, flywheel.ErrOutOfRange))
		}
	}
	return nil
}

// Worth returns what one point pays at an instant, in minor units of a currency, by the
// program that then holds, or before the first one by that: zero where points pay nothing
// in the currency.
func (s *Service) Worth(ctx context.Context, currency money.Currency, at time.Time) (money.Rate, error) {
	c, err := s.calendar(ctx, false)
	if err != nil {
		return money.Rate{}, err
	}
	return c.now(at).program.Worth[currency], nil
}
