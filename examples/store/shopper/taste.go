package shopper

import (
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Dimensions of the space in which words have their places.
const Dimensions = 4

// Shopper is one person. What is exported was drawn before anything was shown.
type Shopper struct {
	// Seed is where every chance of this person comes from.
	Seed uint64
	// Taste is the direction in the space of words.
	Taste [Dimensions]float64
	// Budget is a comfortable price of one thing, in minor units.
	Budget float64
	// Price is β, by how much utility falls when a price grows by a factor e.
	Price float64
	// Urgency is what a day of waiting costs, in utility.
	Urgency float64
	// Care is what a star of the rating is worth.
	Care float64
	// Attentive is the probability that a message is read and followed, Memory that a cart left
	// behind is thought of at the next visit.
	Attentive, Memory float64
	// Seeking is the probability that a visit has an aim.
	Seeking float64
	// Eagerness lowers what nothing is worth, 0 as drawn: of few goods people take what they
	// would leave among many.
	Eagerness float64
	// Visits are the times of the planned visits since the first, which is 0.
	Visits []time.Duration

	sated  map[string]time.Time // kinds that were bought
	annoys int                  // sold-out goods that were wanted
}

// Draw makes the shopper with a seed.
func Draw(seed uint64) *Shopper {
	s := &Shopper{Seed: seed}
	for i := range s.Taste {
		s.Taste[i] = normal(hash(seed, uint64(tasteDraw), uint64(i)))
	}
	n := func(what draw) float64 { return normal(hash(seed, uint64(what))) }
	u := func(what draw) float64 { return uniform(hash(seed, uint64(what))) }
	s.Budget = 2400 * math.Exp(0.35*n(budgetDraw))
	s.Price = 1.2 * math.Exp(0.3*n(priceDraw))
	if u(bargainDraw) < 0.4 {
		s.Price += 5
	}
	s.Urgency = 0.06 * math.Exp(0.6*n(urgencyDraw))
	s.Care = 0.5 * math.Exp(0.3*n(careDraw))
	s.Attentive = 0.08 + 0.34*u(attentionDraw)
	s.Memory = 0.2 + 0.4*u(memoryDraw)
	s.Seeking = 0.15 + 0.3*u(seekingDraw)
	// The first visit, and then each after a week on average, within four weeks.
	day := 0.0
	for i := 0; day < 28 && len(s.Visits) < 8; i++ {
		s.Visits = append(s.Visits, time.Duration(day*24*float64(time.Hour)))
		day -= 9 * math.Log(1-uniform(hash(seed, uint64(visitDraw), uint64(i))))
	}
	return s
}

// draw names what a chance is for, so that no two decisions share one.
type draw uint64

const (
	tasteDraw draw = iota + 1
	budgetDraw
	priceDraw
	bargainDraw
	urgencyDraw
	careDraw
	attentionDraw
	memoryDraw
	seekingDraw
	visitDraw
	ownDraw
	aimDraw
	needDraw
	lookDraw
	likeDraw
	nothingDraw
	addDraw
	moreDraw
	payDraw
	awayDraw
	readDraw
	delayDraw
	keepDraw
	starsDraw
	writeDraw
	pastDraw
)

// Lexicon remembers the places of words, which follow from the words alone. It belongs to one
// goroutine.
type Lexicon struct {
	words map[string][Dimensions]float64
	items map[flywheel.SKU]*look
}

type look struct {
	place [Dimensions]float64
	key   uint64
}

// NewLexicon returns an empty one.
func NewLexicon() *Lexicon {
	return &Lexicon{words: map[string][Dimensions]float64{}, items: map[flywheel.SKU]*look{}}
}

func (l *Lexicon) word(w string) [Dimensions]float64 {
	at, ok := l.words[w]
	if !ok {
		key := name(w)
		for i := range at {
			at[i] = normal(hash(key, uint64(i)))
		}
		unit(&at)
		l.words[w] = at
	}
	return at
}

// unit moves a place to distance 1 from the origin, unless it is there.
func unit(at *[Dimensions]float64) {
	square := 0.0
	for _, x := range at {
		square += float64(x * x)
	}
	if square == 0 {
		return
	}
	length := math.Sqrt(square)
	for i := range at {
		at[i] /= length
	}
}

// look returns the place of an item, at distance 1 from the origin like that of a word: of its
// words the kind counts fully, each other by half.
func (l *Lexicon) look(o *Offer) *look {
	if known := l.items[o.SKU]; known != nil {
		return known
	}
	seen := &look{key: name(string(o.SKU))}
	for i, w := range o.Words {
		weight := 0.5
		if i == 0 {
			weight = 1
		}
		at := l.word(w)
		for d := range at {
			seen.place[d] += float64(weight * at[d])
		}
	}
	unit(&seen.place)
	l.items[o.SKU] = seen
	return seen
}

// hash mixes its parts into 64 bits (the finalizer of MurmurHash3 by Stafford's variant 13, as in
// SplitMix64: Steele, Lea and Flood, 2014).
func hash(parts ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, p := range parts {
		h += p + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// name is 64-bit FNV-1a.
func name(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// uniform is in (0, 1).
func uniform(h uint64) float64 { return (float64(h>>11) + 0.5) / (1 << 53) }

// normal is standard normal, by Box and Muller (1958).
func normal(h uint64) float64 {
	return math.Sqrt(-2*math.Log(uniform(h))) * math.Cos(2*math.Pi*uniform(hash(h)))
}

// gumbel has the distribution exp(-exp(-x)) (Train, 2009, equation 3.2).
func gumbel(h uint64) float64 { return -math.Log(-math.Log(uniform(h))) }

// logistic is the probability of the better of two: a binary logit.
func logistic(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
