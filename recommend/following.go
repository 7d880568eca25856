package recommend

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
)

// following keeps the [Overlay] of a [Trainer] up to date with the facts of a Service.
// Most facts are one more choice at the end of a history. Others (what takes a choice
// back, what comes late, a login) change what went before: then the rows that they
// concern are computed again from the stored facts, as a training would.
type following struct {
	facts *Service
	cfg   MatrixConfig

	overlay atomic.Pointer[Overlay]
	stale   atomic.Bool // something could not be read; the next Load begins again

	mu       sync.Mutex
	behind   int64
	latest   map[Actor]int64                              // time of an actor's latest fact
	logins   map[flywheel.VisitorID]int64                 // time of the latest fact of a customer on a device
	shared   map[flywheel.VisitorID][]Actor               // customers of a device
	devices  map[flywheel.CustomerID][]flywheel.VisitorID // devices of a customer
	building bool
	pending  []Interaction // recorded while the overlay was built
	gone     []Actor       // forgotten meanwhile
}

// isStale reports whether the overlay has to be built again. A nil f is never stale.
func (f *following) isStale() bool { return f != nil && f.stale.Load() }

// begin builds the overlay of a snapshot from all facts.
func (f *following) begin(ctx context.Context, s *Snapshot) (Scorer, error) {
	f.mu.Lock()
	f.building, f.pending, f.gone = true, nil, nil
	f.mu.Unlock()
	f.stale.Store(false)
	o, facts, err := f.build(ctx, s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.building = false
	if err != nil {
		f.stale.Store(true)
		return nil, err
	}
	f.behind = facts
	f.overlay.Store(o)
	pending, gone := f.pending, f.gone
	f.pending, f.gone = nil, nil
	for n := range pending {
		f.apply(ctx, o, &pending[n])
	}
	f.leave(ctx, o, gone)
	return o, nil
}

// build returns the overlay of a snapshot and how many facts the model does not know.
func (f *following) build(ctx context.Context, s *Snapshot) (*Overlay, int64, error) {
	data, err := f.facts.Dataset(ctx)
	if err != nil {
		return nil, 0, err
	}
	f.index(data)
	index := s.Model.Index()
	rows := func(until time.Time) (*Matrix, error) {
		cfg := f.cfg
		cfg.Until = until
		m, err := data.Matrix(cfg)
		if err != nil {
			return nil, err
		}
		known := slices.DeleteFunc(m.Choices(), func(c Choice) bool { _, ok := index.Number(c.Item); return !ok })
		return newMatrix(known, index)
	}
	// What the model was trained on, if that can be told: facts that came late, or were
	// forgotten since, cannot be taken apart.
	var trained int64
	for n := range data.baskets {
		if data.baskets[n].at <= s.Until.UnixMicro() {
			trained++
		}
	}
	behind := max(0, int64(data.Len())-s.Facts)
	all, err := rows(time.Time{})
	if err != nil {
		return nil, 0, err
	}
	if live, ok := s.Model.(Live); ok && trained == s.Facts {
		base, err := rows(s.Until.Add(time.Microsecond))
		if err != nil {
			return nil, 0, err
		}
		o, err := NewOverlay(base, live)
		if err != nil {
			return nil, 0, err
		}
		for _, who := range slices.Concat(base.actors, all.actors) {
			h, _ := all.History(who)
			o.replace(who, h)
		}
		return o, behind, nil
	}
	o, err := NewOverlay(all, frozen{s.Model})
	return o, behind, err
}

// frozen hides that a model learns on.
type frozen struct{ Scorer }

// Contributions implements [Contributor].
func (f frozen) Contributions(h History, item int32, parts []float64) {
	clear(parts)
	if c, ok := f.Scorer.(Contributor); ok {
		c.Contributions(h, item, parts)
	}
}

// index notes who was known where, and when.
func (f *following) index(data *Dataset) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest, f.logins = make(map[Actor]int64), make(map[flywheel.VisitorID]int64)
	f.shared, f.devices = make(map[flywheel.VisitorID][]Actor), make(map[flywheel.CustomerID][]flywheel.VisitorID)
	for n := range data.baskets {
		if b := &data.baskets[n]; b.actor >= 0 {
			f.note(data.actors.names[b.actor], flywheel.VisitorID(data.textOf(b.device)), b.at)
		}
	}
}

func (f *following) note(who Actor, device flywheel.VisitorID, at int64) {
	if last, ok := f.latest[who]; !ok || at > last {
		f.latest[who] = at
	}
	if who.Customer == "" || device == "" {
		return
	}
	if last, ok := f.logins[device]; !ok || at > last {
		f.logins[device] = at
	}
	if !slices.Contains(f.shared[device], who) {
		f.shared[device] = append(f.shared[device], who)
		f.devices[who.Customer] = append(f.devices[who.Customer], device)
	}
}

func (f *following) recorded(ctx context.Context, facts []Interaction) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.building {
		f.pending = append(f.pending, facts...)
		return
	}
	o := f.overlay.Load()
	if o == nil {
		return
	}
	for n := range facts {
		f.apply(ctx, o, &facts[n])
	}
}

// apply brings a fact into the overlay. The caller holds the lock.
func (f *following) apply(ctx context.Context, o *Overlay, fact *Interaction) {
	f.behind++
	in, err := fact.normal()
	if err != nil || in.Actor == (Actor{}) && !f.cfg.Sessions {
		return
	}
	at := in.At.UnixMicro()
	if f.cfg.Sessions {
		// Sessions are not found in the store: what takes back waits for the training.
		if in.Session != "" && in.Kind.Interest() {
			f.add(o, Actor{Visitor: flywheel.VisitorID(in.Session)}, &in)
		}
		return
	}
	latest, known := f.latest[in.Actor]
	late := known && at < latest
	guest := in.Actor.Customer == ""
	if guest {
		login, ok := f.logins[in.Actor.Visitor]
		late = late || ok && login >= at
	} else if in.Device != "" {
		// A login takes over what guests did since the one before.
		login, before := f.logins[in.Device]
		guests, some := f.latest[Actor{Visitor: in.Device}]
		late = late || before && login > at || some && (!before || guests > login)
	}
	f.note(in.Actor, in.Device, at)
	if !late && in.Kind.Interest() {
		f.add(o, in.Actor, &in)
	}
	if !late && (in.Kind.Interest() || in.Kind == Impression) { // an impression may be a login
		return
	}
	device := in.Device
	if guest {
		device = in.Actor.Visitor
	}
	if err := f.again(ctx, o, in.Actor, device); err != nil {
		f.stale.Store(true)
	}
}

// add applies an interest.
func (f *following) add(o *Overlay, who Actor, in *Interaction) {
	weights := f.cfg.Weights
	if weights == (Weights{}) {
		weights = Weights{View: 1, AddToCart: 1, Purchase: 1}
	}
	w := weights.of(in.Kind)
	if w == 0 {
		return
	}
	for _, sku := range in.Items {
		if _, err := o.Add(Choice{Actor: who, Item: sku, At: in.At, Weight: min(w, math.MaxFloat32)}); err != nil {
			f.stale.Store(true)
		}
	}
}

// again computes the rows of an actor, and of who shares a device, from stored facts.
func (f *following) again(ctx context.Context, o *Overlay, who Actor, device flywheel.VisitorID) error {
	// Everybody who is bound to who by devices, as guests' facts go to the next customer.
	people, seen := []Actor{who}, map[Actor]bool{who: true}
	join := func(a Actor) {
		if !seen[a] {
			seen[a] = true
			people = append(people, a)
		}
	}
	if device != "" {
		join(Actor{Visitor: device})
	}
	for n := 0; n < len(people); n++ {
		for _, a := range f.shared[people[n].Visitor] {
			join(a)
		}
		for _, d := range f.devices[people[n].Customer] {
			join(Actor{Visitor: d})
		}
	}
	var data Dataset
	for _, a := range people {
		for in, err := range f.facts.store.Of(ctx, a) {
			if err != nil {
				return err
			}
			data.add(in)
		}
	}
	m, err := data.Matrix(f.cfg)
	if err != nil {
		return err
	}
	for _, a := range people {
		h, _ := m.History(a)
		known := h[:0]
		for _, p := range h {
			if n, ok := o.Index().Number(m.items.SKU(p.Item)); ok {
				p.Item = n
				known = append(known, p)
			}
		}
		slices.SortStableFunc(known, func(x, y Past) int {
			if x.At != y.At {
				return int(max(-1, min(1, x.At-y.At)))
			}
			return int(x.Item - y.Item)
		})
		o.replace(a, known)
	}
	return nil
}

func (f *following) forgotten(ctx context.Context, who ...Actor) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.building {
		f.gone = append(f.gone, who...)
	}
	if o := f.overlay.Load(); o != nil {
		f.leave(ctx, o, who)
	}
}

// leave forgets actors, and what guests on their devices left in the rows of others.
func (f *following) leave(ctx context.Context, o *Overlay, who []Actor) {
	for _, a := range who {
		o.Forget(a)
		if a.Customer != "" {
			continue
		}
		if err := f.again(ctx, o, a, a.Visitor); err != nil {
			f.stale.Store(true)
		}
	}
}

func (f *following) cleared() { f.stale.Store(true) }
