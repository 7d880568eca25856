package shopper

import (
	"math"
	"time"
)

// Attention is η: the place r of a list is looked at with probability (1/r)^η.
const Attention = 0.6

// Weights of the utility that all people share.
const (
	tasteWeight = 2.6
	ownWeight   = 0.5
	reducedGain = 0.8
	satedLoss   = 4.0
	usualRating = 3.8
	shrunkBy    = 5 // reviews that the usual rating counts for
	satedFor    = 60 * 24 * time.Hour
)

// Utility returns V of an offer for this shopper, without the chance of the moment.
func (s *Shopper) Utility(l *Lexicon, o *Offer, now time.Time) float64 {
	seen := l.look(o)
	v := 0.0
	for d, t := range s.Taste {
		v += float64(t * seen.place[d])
	}
	v *= tasteWeight
	v += ownWeight * normal(hash(s.Seed, uint64(ownDraw), seen.key))
	shrunk := (float64(o.Rating*float64(o.Reviews)) + usualRating*shrunkBy) / float64(o.Reviews+shrunkBy)
	v += s.Care * (shrunk - usualRating)
	v -= s.Price * math.Log(float64(max(o.Price, 1))/s.Budget)
	if o.Was > o.Price {
		v += reducedGain
	}
	v -= s.Urgency * float64(o.Days)
	if len(o.Words) > 0 {
		if at, ok := s.sated[o.Words[0]]; ok && now.Sub(at) < satedFor {
			v -= satedLoss
		}
	}
	return v
}

// choose examines offers by their places and returns the best of them and of nothing, which is
// worth nothing; nil for that. What is sold out is wanted like anything else. v is the utility of
// the choice.
func (s *Shopper) choose(l *Lexicon, visit uint64, page draw, nothing float64, now time.Time, lists ...[]Offer) (best *Offer, v float64) {
	top := nothing - s.Eagerness + gumbel(hash(s.Seed, uint64(nothingDraw), visit, uint64(page)))
	place := 0
	for _, list := range lists {
		for i := range list {
			o := &list[i]
			place++
			if uniform(hash(s.Seed, uint64(lookDraw), visit, uint64(page), uint64(place))) > examined(place) {
				continue
			}
			own := s.Utility(l, o, now)
			sum := own + gumbel(hash(s.Seed, uint64(likeDraw), visit, l.look(o).key))
			if sum > top {
				best, top, v = o, sum, own
			}
		}
	}
	return best, v
}

// examined is the probability that a place is looked at.
func examined(place int) float64 {
	if place < len(propensities) {
		return propensities[place]
	}
	return math.Pow(float64(place), -Attention)
}

var propensities = func() (p [64]float64) {
	for r := 1; r < len(p); r++ {
		p[r] = math.Pow(float64(r), -Attention)
	}
	return p
}()
