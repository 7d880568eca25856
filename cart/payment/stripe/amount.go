package stripe

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// decimals are those of Stripe's minor unit where they are not those of ISO 4217:
// docs.stripe.com/currencies, "Special cases" and "Zero-decimal currencies".
var decimals = map[string]int{"ISK": 2, "UGX": 2, "MGA": 0}

// toStripe returns an amount in Stripe's minor unit.
func toStripe(a money.Amount) (int64, error) {
	own, theirs := a.Currency().Digits(), stripeDigits(a.Currency())
	minor := a.Minor()
	for ; own < theirs; own++ {
		if minor > (1<<63-1)/10 {
			return 0, fmt.Errorf("stripe: %v: %w", a, flywheel.ErrOutOfRange)
		}
		minor *= 10
	}
	for ; own > theirs; own-- {
		if minor%10 != 0 {
			return 0, fmt.Errorf("stripe: %v: Stripe has %d decimals of it: %w", a, theirs, flywheel.ErrInvalid)
		}
		minor /= 10
	}
	return minor, nil
}

func stripeDigits(c money.Currency) int {
	if n, special := decimals[c.String()]; special {
		return n
	}
	return c.Digits()
}

// fromStripe is the reverse of toStripe.
func fromStripe(minor int64, currency string) (money.Amount, error) {
	c, err := money.ParseCurrency(strings.ToUpper(currency))
	if err != nil {
		return money.Amount{}, fmt.Errorf("stripe: %w", err)
	}
	own, theirs := c.Digits(), stripeDigits(c)
	for ; own > theirs; theirs++ {
		minor *= 10
	}
	for ; own < theirs; theirs-- {
		if minor%10 != 0 {
			return money.Amount{}, fmt.Errorf("stripe: %d %s has parts of its unit: %w", minor, currency, flywheel.ErrInvalid)
		}
		minor /= 10
	}
	return money.New(minor, c), nil
}
