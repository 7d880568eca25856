package shopper

import (
	"math"
	"time"
)

// Reads says whether a message, the number-th to this shopper, is followed, and how long after it
// arrived.
func (s *Shopper) Reads(number int, m Message) (after time.Duration, follows bool) {
	key := hash(uint64(number), name(m.Subject))
	if uniform(hash(s.Seed, uint64(readDraw), key)) > s.Attentive {
		return 0, false
	}
	hours := -8 * math.Log(uniform(hash(s.Seed, uint64(delayDraw), key)))
	return time.Duration(min(hours, 48) * float64(time.Hour)), true
}

// Keeps says whether what was in the parcel stays with the shopper: the worse it is the likelier
// it goes back.
func (s *Shopper) Keeps(p Parcel) bool {
	return uniform(hash(s.Seed, uint64(keepDraw), name(p.Order), name(string(p.SKU)))) > logistic(-0.5*(p.Quality-usualRating)-2.7)
}

// Review says whether the shopper writes about it, and with how many stars.
func (s *Shopper) Review(p Parcel) (stars int, writes bool) {
	key := hash(name(p.Order), name(string(p.SKU)))
	felt := p.Quality + 0.8*normal(hash(s.Seed, uint64(starsDraw), key))
	stars = int(math.Round(min(max(felt, 1), 5)))
	return stars, uniform(hash(s.Seed, uint64(writeDraw), key)) < 0.25
}

// Past is what the shopper took from a list once, when the shop showed it: the number-th thing of
// a life before. It is nil from an empty list.
func (s *Shopper) Past(l *Lexicon, number int, v View) *Offer {
	best, _ := s.choose(l, uint64(number), pastDraw, math.Inf(-1), v.Now, v.Items)
	return best
}
