package pricing

import "context"

// Promotions returns the promotions of the store, ordered by ID. Those of
// [Options.Config] are not among them.
func (s *Service) Promotions(ctx context.Context) ([]Promotion, error) {
	var all []Promotion
	for p, err := range s.store.Promotions(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// Try returns the engine that prices would come from once [Service.SavePromotion] had
// saved p, and saves nothing: for quotes of real baskets beside those of
// [Service.Engine]. What would not compile is refused as there.
func (s *Service) Try(ctx context.Context, p Promotion) (*Engine, error) {
	c, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	if i := s.promotionAt(&c, p.ID); i >= 0 {
		c.Promotions[i] = p
	} else {
		c.Promotions = append(c.Promotions, p)
	}
	return Compile(c)
}
