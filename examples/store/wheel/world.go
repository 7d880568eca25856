package wheel

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/examples/store/shopper"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// The calendar of a world, in days from the opening: for four weeks nobody takes part in anything,
// then people and clusters enter for eight weeks (clusters in five weekly waves), and four more
// weeks pass until the last window is closed.
const (
	firstDay  = 28
	lastDay   = 84
	days      = 112
	waves     = 5
	tick      = 3 * time.Hour
	aDay      = int(24 * time.Hour / tick)
	ticks     = days * aDay
	cartLife  = 14 * 24 * time.Hour
	pastItems = 24
)

var ctx = context.Background()

// World is a shop with its customers over sixteen weeks, in memory.
type World struct {
	policy     Policy
	modes      [features]Mode
	flipped    [features]bool
	goods      []good
	categories []string
	index      map[flywheel.SKU]int
	best       []int            // goods by what was sold before the opening
	listed     map[string][]int // by category
	people     []*person
	clusters   []cluster
	lexicon    *shopper.Lexicon

	now      time.Time
	agenda   [][]entry
	room     *room
	engine   *pricing.Engine
	server   *recommend.Server
	log      *segment.Log
	wheel    *segment.Runner
	journeys *campaign.Engine
	assigns  *experiment.Service
	mu       sync.Mutex // of mails: messages leave beside each other
	mails    []campaign.Message
	readouts [features]*experiment.Readout // nil where nothing is measured
	points   *loyalty.Service              // nil in a shop without points
	sales    struct{ orders, revenue, margin, holding int64 }
}

// person is a customer of the shop.
type person struct {
	id       flywheel.CustomerID
	s        *shopper.Shopper
	enters   time.Time
	member   bool // of the segment, by what was bought before the opening
	counted  bool // takes part in the experiments
	promoted bool // sees the promotion
	arms     [features]bool
	history  []flywheel.SKU
	cart     []int
	carted   time.Time
	mails    int
	earned   int64 // in the window
}

// cluster is a group of SKUs that stand in for each other.
type cluster struct {
	enters time.Time
	in     bool
	arm    bool
	earned int64
}

func (p *person) saw(sku flywheel.SKU) {
	if len(p.history) == remembers {
		p.history = append(p.history[:0], p.history[1:]...)
	}
	p.history = append(p.history, sku)
}

// entryKind is what happens.
type entryKind int

const (
	plannedVisit entryKind = iota
	remindedVisit
	parcelCame
)

// entry is something that will happen.
type entry struct {
	at     time.Time
	who    *person
	kind   entryKind
	number int
	good   int
	earned int64
	paid   money.Amount
	ref    string
}

// newWorld opens the shop of a seed. People are drawn first, with what they bought in the half
// year before; only then anybody is assigned.
func newWorld(c Config, seed uint64) (w *World, err error) {
	w = &World{policy: c.Policy.normal(), modes: c.modes, flipped: c.flipped, lexicon: shopper.NewLexicon(), agenda: make([][]entry, ticks), now: opening}
	w.goods, w.categories = assortment(seed, c.Clusters)
	w.index = make(map[flywheel.SKU]int, len(w.goods))
	for i := range w.goods {
		w.index[w.goods[i].sku] = i
	}
	w.clusters = make([]cluster, c.Clusters)
	order := rand.New(rand.NewPCG(seed, 0xc1)).Perm(c.Clusters)
	for k, cl := range order {
		w.clusters[cl].enters = opening.AddDate(0, 0, firstDay+7*(k%waves))
	}
	if w.engine, err = prices(w.goods, w.policy.Percent); err != nil {
		return nil, err
	}
	choices, sold, err := w.populate(c, seed)
	if err != nil {
		return nil, err
	}
	if err := w.learn(choices); err != nil {
		return nil, err
	}
	total := 0.0
	for _, n := range sold {
		total += n
	}
	w.best = make([]int, len(w.goods))
	weekly := make([]float64, len(w.goods))
	for i := range w.best {
		w.best[i] = i
		weekly[i] = sold[i] / total * float64(len(w.people)) / (lastDay / 7) * usualItems
	}
	slices.SortStableFunc(w.best, func(a, b int) int { return cmp.Compare(sold[b], sold[a]) })
	w.listed = map[string][]int{}
	for _, i := range w.best {
		word := w.categories[w.goods[i].category]
		w.listed[word] = append(w.listed[word], i)
	}
	clock := func() time.Time { return w.now }
	if w.room, err = newRoom(clock, w.goods, weekly); err != nil {
		return nil, err
	}
	if w.log, err = segment.NewLog(nil, &segment.LogOptions{Now: clock}); err != nil {
		return nil, err
	}
	if err := w.mail(clock); err != nil {
		return nil, err
	}
	return w, w.measure(c, seed, clock)
}

// usualItems is about how many things a customer buys in all, for the first filling of the shelves.
const usualItems = 0.9

// populate draws the people and lets them live through the half year before: each chose some
// things from lists of goods of which some were reduced. Who mostly took reduced ones is in the
// segment.
func (w *World) populate(c Config, seed uint64) (choices []recommend.Choice, sold []float64, err error) {
	n := c.Shoppers * lastDay / (lastDay - firstDay)
	inSegment, err := rule.Compile([]byte(`{"reduced_share":{"$gte":0.5}}`), nil)
	if err != nil {
		return nil, nil, err
	}
	sold = make([]float64, len(w.goods))
	shown := make([]shopper.Offer, 0, pastItems)
	for i := range n {
		p := &person{id: flywheel.CustomerID("s" + strconv.Itoa(i)), s: shopper.Draw(mix(seed, 0x5e0, uint64(i)))}
		random := rand.New(rand.NewPCG(p.s.Seed, 0xbef0))
		bought := 3 + random.IntN(4)
		reduced := 0
		for k := range bought {
			shown = shown[:0]
			for range pastItems {
				o := w.goods[random.IntN(len(w.goods))].offer
				if random.IntN(3) == 0 {
					o.Was, o.Price = o.Price, o.Price*4/5
				}
				o.Position = len(shown) + 1
				shown = append(shown, o)
			}
			o := p.s.Past(w.lexicon, k, shopper.View{Items: shown})
			if o.Was > 0 {
				reduced++
			}
			p.saw(o.SKU)
			sold[w.index[o.SKU]]++
			choices = append(choices, recommend.Choice{Actor: recommend.Actor{Customer: p.id}, Item: o.SKU})
		}
		p.member = inSegment.Match(map[string]any{"reduced_share": float64(reduced) / float64(bought)})
		p.enters = opening.Add(time.Duration((float64(i) + random.Float64()) / float64(n) * float64(lastDay*24*time.Hour)))
		p.counted = !p.enters.Before(opening.AddDate(0, 0, firstDay))
		for v, after := range p.s.Visits {
			w.later(p.enters.Add(after), entry{who: p, kind: plannedVisit, number: v})
		}
		w.people = append(w.people, p)
	}
	return choices, sold, nil
}

// learn fits the recommender to what was bought before the opening.
func (w *World) learn(choices []recommend.Choice) error {
	matrix, err := recommend.NewMatrix(choices)
	if err != nil {
		return err
	}
	model, err := recommend.EASE{Lambda: 60}.Fit(matrix)
	if err != nil {
		return err
	}
	items := make([]recommend.Item, len(w.goods))
	for i := range items {
		items[i] = recommend.Item{SKU: w.goods[i].sku}
	}
	all, err := recommend.NewItems(items)
	if err != nil {
		return err
	}
	w.server = recommend.NewServer(model, all)
	return nil
}

// mail launches the journey that reminds of carts. Who has the feature enters it.
func (w *World) mail(clock func() time.Time) (err error) {
	byID := make(map[flywheel.Person]*person, len(w.people))
	for _, p := range w.people {
		byID[flywheel.PersonOf(p.id, "")] = p
	}
	journey := campaign.CartRecovery("email")
	journey.Trigger.When = rule.MustCompile(`{"reminders":true}`)
	yes, no := map[string]any{"reminders": true}, map[string]any{"reminders": false}
	w.journeys, err = campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{journey}, Now: clock,
		Attributes: func(_ context.Context, id flywheel.Person) (map[string]any, error) {
			if p := byID[id]; p != nil && w.person(Recovery, p) {
				return yes, nil
			}
			return no, nil
		},
		Sender: campaign.SenderFunc(func(_ context.Context, m campaign.Message) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.mails = append(w.mails, m)
			return nil
		}),
	})
	if err != nil {
		return err
	}
	consumers := []flywheel.Consumer{w.journeys}
	if w.policy.Points != "" {
		program, err := w.policy.program()
		if err != nil {
			return err
		}
		if w.points, err = loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{program}, Now: clock}); err != nil {
			return err
		}
		consumers = append(consumers, w.points)
	}
	w.wheel, err = segment.NewRunner(w.log, &segment.RunnerOptions{Now: clock, Workers: 1}, consumers...)
	return err
}

// later puts an entry on the agenda, unless the world has ended by then.
func (w *World) later(at time.Time, e entry) {
	e.at = at
	k := max(int(at.Sub(opening)/tick), int(w.now.Sub(opening)/tick)+1)
	if !at.After(opening) || w.now.Equal(opening) {
		k = int(at.Sub(opening) / tick)
	}
	if k < len(w.agenda) {
		w.agenda[k] = append(w.agenda[k], e)
	}
}

func (w *World) day() int { return int(w.now.Sub(opening) / (24 * time.Hour)) }

func (w *World) parcelTime(i int) time.Duration {
	return time.Duration(w.goods[i].offer.Days+3) * 24 * time.Hour
}

// person reports whether a person has a feature.
func (w *World) person(f Feature, p *person) bool {
	switch w.modes[f] {
	case On:
		return true
	case Off:
		return false
	}
	return p.counted && p.arms[f]
}

// has reports whether a cluster has a feature.
func (w *World) has(f Feature, c int) bool {
	if w.modes[f] == Split {
		return w.clusters[c].in && w.clusters[c].arm
	}
	return w.modes[f] == On && w.clusters[c].in
}

// run lets sixteen weeks pass.
func (w *World) run() error {
	f := &front{w: w}
	for t, list := range w.agenda {
		w.now = opening.Add(time.Duration(t) * tick)
		if t%aDay == 0 {
			if err := w.morning(w.day()); err != nil {
				return err
			}
		}
		list = w.agenda[t]
		slices.SortStableFunc(list, func(a, b entry) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.who.id, b.who.id), cmp.Compare(a.kind, b.kind), cmp.Compare(a.good, b.good))
		})
		for i := range list {
			if err := w.happen(f, &list[i]); err != nil {
				return err
			}
		}
		w.agenda[t] = nil
		w.now = opening.Add(time.Duration(t+1)*tick - time.Microsecond)
		if err := w.turn(); err != nil {
			return err
		}
	}
	return nil
}

// morning takes in clusters, receives goods and orders new ones.
func (w *World) morning(day int) error {
	for i := range w.goods {
		if day > 0 {
			w.room.empty[i][day-1] = w.goods[i].free <= 0
		}
	}
	if err := w.receive(day); err != nil {
		return err
	}
	for c := range w.clusters {
		if !w.clusters[c].in && !w.clusters[c].enters.After(w.now) {
			if err := w.enterCluster(c); err != nil {
				return err
			}
		}
		if c%reviewDays == day%reviewDays {
			if err := w.review(c, day); err != nil {
				return err
			}
		}
	}
	return nil
}

// happen does what is on the agenda.
func (w *World) happen(f *front, e *entry) error {
	if e.at.After(w.now) {
		w.now = e.at
	}
	p := e.who
	if e.kind == parcelCame {
		return w.unpack(e)
	}
	if e.kind == plannedVisit && e.number == 0 {
		if err := w.enterPerson(p); err != nil {
			return err
		}
	}
	f.who, f.visit = p, e.number
	why := shopper.Planned
	if e.kind == remindedVisit {
		why = shopper.Reminded
	}
	if _, err := p.s.Visit(ctx, w.lexicon, e.number, why, f); err != nil {
		return fmt.Errorf("visit %d of %s: %w", e.number, p.id, err)
	}
	return nil
}

// unpack is when the buyer sees what was bought: it is kept or sent back, and perhaps reviewed.
func (w *World) unpack(e *entry) error {
	g := &w.goods[e.good]
	parcel := shopper.Parcel{Order: e.ref, SKU: g.sku, Quality: g.quality}
	if stars, writes := e.who.s.Review(parcel); writes {
		g.stars += float64(stars)
		g.offer.Reviews++
		g.offer.Rating = g.stars / float64(g.offer.Reviews)
	}
	if e.who.s.Keeps(parcel) {
		return nil
	}
	ref := "back-" + e.ref + "-" + string(g.sku)
	if err := w.room.stock.Restock(ctx, ref, []flywheel.Line{{SKU: g.sku, Quantity: 1}}); err != nil {
		return err
	}
	if err := w.refresh(e.good); err != nil {
		return err
	}
	if err := w.book(nil, g.cluster, -e.earned-backCost, ref+"-k"); err != nil {
		return err
	}
	if err := w.log.Publish(ctx, flywheel.Event{ID: ref, Name: flywheel.EventRefund, Time: w.now, Customer: e.who.id, Ref: e.ref, Value: e.paid}); err != nil {
		return err
	}
	return w.book(e.who, -1, -e.earned-backCost, ref)
}

// turn lets the wheel turn, and puts the messages that left on the readers' agendas.
func (w *World) turn() error {
	w.mails = w.mails[:0]
	if err := w.wheel.Drain(ctx); err != nil {
		return err
	}
	slices.SortFunc(w.mails, func(a, b campaign.Message) int { return cmp.Compare(a.ID, b.ID) })
	for i := range w.mails {
		id, _ := strconv.Atoi(string(w.mails[i].Contact.Customer()[1:]))
		p := w.people[id]
		p.mails++
		after, follows := p.s.Reads(p.mails, shopper.Message{Subject: w.mails[i].Template, At: w.now})
		if follows {
			w.later(w.now.Add(after), entry{who: p, kind: remindedVisit, number: 1000 + p.mails})
		}
	}
	return nil
}

// mix hashes numbers into one (SplitMix64's finalizer).
func mix(parts ...uint64) uint64 {
	h := uint64(0)
	for _, p := range parts {
		h += p + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// book records what a person or a cluster brought: where it is measured as an event, in the
// window in any case.
func (w *World) book(p *person, c int, minor int64, id string) error {
	var exposed time.Time
	var sum *int64
	e := flywheel.Event{ID: id, Name: contribution, Time: w.now}
	if p != nil {
		w.sales.margin += minor
		exposed, sum, e.Customer = p.enters, &p.earned, p.id
	} else {
		exposed, sum = w.clusters[c].enters, &w.clusters[c].earned
		e.Properties = map[string]any{"cluster": clusterName(c)}
	}
	if !w.now.Before(exposed) && w.now.Before(exposed.Add(window)) {
		*sum += minor
	}
	if minor < 0 {
		e.Name, minor = contributionOf, -minor
	}
	e.Value = money.New(minor, money.EUR)
	for f, r := range w.readouts {
		if r != nil && (Feature(f) == Stock) == (p == nil) {
			if err := r.Publish(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func clusterName(c int) string { return "k" + strconv.Itoa(c) }
