package shopper

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Reason is why a shopper comes.
type Reason int

// Reasons.
const (
	// Planned visits were drawn with the shopper.
	Planned Reason = iota
	// Reminded visits follow a message.
	Reminded
)

// What it takes to buy nothing, on the pages.
const (
	nothingAtHome   = 5.7
	nothingInSearch = 5.0
	addBase         = -1.0
	addSlope        = 0.5
	payBase         = 2.2
	distraction     = 0.4
	continues       = 0.3
)

// Outcome is what came of a visit.
type Outcome struct {
	Pages  int
	Added  []flywheel.SKU
	Bought bool
	// Missed is set if something was wanted and sold out.
	Missed bool
}

// Visit is one visit, the number-th of this shopper by a count of the caller's that no shop can
// change: the same number and the same pages give the same visit.
func (s *Shopper) Visit(ctx context.Context, l *Lexicon, number int, why Reason, shop Shop) (out Outcome, err error) {
	visit := uint64(number)
	page, err := shop.Home(ctx)
	out.Pages++
	if err != nil {
		return out, err
	}
	chance := func(what draw, more ...uint64) float64 {
		h := hash(s.Seed, uint64(what), visit)
		for _, m := range more {
			h = hash(h, m)
		}
		return uniform(h)
	}
	if len(page.Cart) > 0 && (why == Reminded || chance(awayDraw) < s.Memory) {
		return out, s.pay(ctx, visit, why, shop, &out)
	}
	if why == Reminded {
		return out, nil // what was left is gone
	}
	if s.annoys > 0 && chance(awayDraw, 1) < 1-1/(1+0.25*float64(s.annoys)) {
		return out, nil // was here in vain before, and does not stay
	}
	pick, v := s.choose(l, visit, likeDraw, nothingAtHome, page.Now, page.Items, page.More)
	for round := range 3 {
		if pick == nil && (round > 0 || chance(aimDraw) < s.Seeking) {
			word := s.need(l, visit, round, page.Categories)
			if word == "" {
				break
			}
			if page, err = shop.Search(ctx, word); err != nil {
				return out, err
			}
			out.Pages++
			pick, v = s.choose(l, visit, needDraw+draw(round)<<8, nothingInSearch, page.Now, page.Items)
		}
		if pick == nil {
			break
		}
		added, err := s.consider(ctx, l, visit, uint64(round), v, pick.SKU, shop, &out)
		if err != nil {
			return out, err
		}
		pick = nil
		if !added || chance(moreDraw, uint64(round)) > continues {
			break
		}
	}
	if len(out.Added) == 0 {
		return out, nil
	}
	return out, s.pay(ctx, visit, why, shop, &out)
}

// consider opens an item and puts it into the cart, or one like it where it is sold out.
func (s *Shopper) consider(ctx context.Context, l *Lexicon, visit, round uint64, v float64, sku flywheel.SKU, shop Shop, out *Outcome) (bool, error) {
	page, err := shop.Open(ctx, sku)
	out.Pages++
	if err != nil || len(page.Items) == 0 {
		return false, err
	}
	item := &page.Items[0]
	if item.SoldOut {
		out.Missed = true
		s.annoys++
		var like []Offer
		for _, o := range page.More {
			if !o.SoldOut {
				like = append(like, o)
			}
		}
		if item, v = s.choose(l, visit, addDraw+draw(round)<<8, nothingInSearch, page.Now, like); item == nil {
			return false, nil
		}
	}
	if uniform(hash(s.Seed, uint64(addDraw), visit, round)) > logistic(addBase+addSlope*(v+s.Eagerness)) {
		return false, nil
	}
	if _, err := shop.Add(ctx, item.SKU); err != nil {
		return false, err
	}
	out.Pages++
	out.Added = append(out.Added, item.SKU)
	return true, nil
}

// pay goes to the cart and pays it, unless it is too much or something comes between.
func (s *Shopper) pay(ctx context.Context, visit uint64, why Reason, shop Shop, out *Outcome) error {
	page, err := shop.Cart(ctx)
	out.Pages++
	if err != nil || len(page.Cart) == 0 {
		return err
	}
	away := distraction
	if why == Reminded {
		away /= 3
	}
	if uniform(hash(s.Seed, uint64(awayDraw), visit, 2)) < away {
		return nil
	}
	n := 0.0
	for _, line := range page.Cart {
		n += float64(line.Quantity)
	}
	much := float64(page.Total) / (n * s.Budget)
	if uniform(hash(s.Seed, uint64(payDraw), visit)) > logistic(payBase-much) {
		return nil
	}
	if out.Bought, err = shop.Buy(ctx); err != nil || !out.Bought {
		return err
	}
	if s.sated == nil {
		s.sated = map[string]time.Time{}
	}
	for _, line := range page.Cart {
		s.sated[line.Kind] = page.Now
	}
	return nil
}

// need is the category that is wanted most at this visit.
func (s *Shopper) need(l *Lexicon, visit uint64, round int, words []string) (most string) {
	top := 0.0
	for _, w := range words {
		v := gumbel(hash(s.Seed, uint64(needDraw), visit, uint64(round), name(w)))
		for d, x := range l.word(w) {
			v += float64(s.Taste[d] * x)
		}
		if most == "" || v > top {
			most, top = w, v
		}
	}
	return most
}
