package pricing

import (
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Listed returns what one unit of SKUs costs somebody of whom nothing is known, in a
// currency at an instant, before promotions: rounded half up to its minor unit. SKUs
// without a price are left out. It is what a listing shows.
func (s *Service) Listed(c money.Currency, at time.Time, skus ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error) {
	basket := &Basket{Currency: c, At: at}
	engine, all := s.Engine(), make(map[flywheel.SKU]money.Amount, len(skus))
	for _, sku := range skus {
		listed, err := engine.Price(basket, sku, 1)
		if errors.Is(err, ErrNoPrice) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if all[sku], err = listed.Unit.Times(1, money.HalfUp); err != nil {
			return nil, err
		}
	}
	return all, nil
}
