package markdown

import (
	"github.com/flywheel-go/flywheel/pricing/money"
)

// maxPrices bounds the prices of a [Problem].
const maxPrices = 200

// Grid returns the prices from floor to ceiling whose minor units end in ending
// out of modulus, dearest first: Grid(9.00, 30.00, 99, 100) is 29.99, 28.99, …,
// 9.99. There must be at least one, and at most 200: a larger modulus gives fewer.
func Grid(floor, ceiling money.Amount, ending, modulus int64) ([]money.Amount, error) {
	if floor.Currency() != ceiling.Currency() || floor.Currency().IsZero() {
		return nil, field(&money.MismatchError{A: floor.Currency(), B: ceiling.Currency()}, "ceiling")
	}
	if floor.Sign() <= 0 {
		return nil, field(invalid("%s is not positive", floor), "floor")
	}
	first, err := floor.EndIn(ending, modulus)
	if err != nil {
		return nil, field(err, "ending")
	}
	count := (ceiling.Minor()-first.Minor())/modulus + 1
	switch {
	case ceiling.Minor() < first.Minor():
		return nil, field(invalid("no price from %s to %s ends in %d", floor, ceiling, ending), "ceiling")
	case count > maxPrices:
		return nil, field(tooLarge("%d prices, at most %d", count, maxPrices), "modulus")
	}
	prices := make([]money.Amount, count)
	for i := range prices {
		prices[i] = money.New(first.Minor()+(count-1-int64(i))*modulus, floor.Currency())
	}
	return prices, nil
}
