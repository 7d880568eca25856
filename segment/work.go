package segment

import (
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// work is what one call of [Profiles] has loaded and changed.
type work struct {
	ctx     context.Context
	p       *Profiles
	engine  *engine
	loaded  map[flywheel.Person]*Profile
	own     map[flywheel.Person]bool // copied, so that it may be changed
	dirty   []flywheel.Person        // changed, in order
	counts  map[countKey]int64       // known counts of values
	changed map[countKey]bool        // to be saved
	records map[*liveSegment]*rule.Record
	pending []flywheel.Event
}

type countKey struct {
	person    flywheel.Person
	of, value string
}

func (p *Profiles) newWork(ctx context.Context) *work {
	return &work{ctx: ctx, p: p, engine: p.engine.Load(), loaded: map[flywheel.Person]*Profile{}, own: map[flywheel.Person]bool{}}
}

// begin is newWork with the live segments of the store.
func (p *Profiles) begin(ctx context.Context) (*work, error) {
	current, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	w := p.newWork(ctx)
	w.engine = current
	return w, nil
}

// load gets persons that are not loaded yet.
func (w *work) load(persons ...flywheel.Person) error {
	var missing []flywheel.Person
	for _, person := range persons {
		if _, ok := w.loaded[person]; !ok && person != "" {
			w.loaded[person] = nil
			missing = append(missing, person)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	profiles, err := w.p.store.Load(w.ctx, missing...)
	if err != nil {
		for _, person := range missing {
			delete(w.loaded, person)
		}
		return err
	}
	for i := range profiles {
		w.loaded[profiles[i].Person] = &profiles[i]
	}
	return nil
}

// get returns a profile to read.
func (w *work) get(person flywheel.Person) (*Profile, error) {
	if p := w.loaded[person]; p != nil {
		return p, nil
	}
	if err := w.load(person); err != nil {
		return nil, err
	}
	return w.loaded[person], nil
}

// change returns a profile to change, which will be saved.
func (w *work) change(person flywheel.Person) (*Profile, error) {
	p, err := w.get(person)
	if err != nil {
		return nil, err
	}
	if !w.own[person] {
		p = p.clone()
		w.loaded[person] = p
		w.own[person] = true
		w.dirty = append(w.dirty, person)
	}
	return p, nil
}

// alias returns whose state a nameless event of a visitor is kept in, and the
// customer to whom it belongs by these links. With [LatestLinked] a device has a
// state per owner.
func (w *work) alias(visitor flywheel.VisitorID, owner flywheel.CustomerID) flywheel.Person {
	alias := flywheel.PersonOf("", visitor)
	if w.p.identity == LatestLinked && owner != "" {
		alias += flywheel.Person("\x1f" + owner)
	}
	return alias
}

// aliases returns the states that are a person's.
func (w *work) aliases(person flywheel.Person) ([]flywheel.Person, error) {
	customer := person.Customer()
	if customer == "" {
		return []flywheel.Person{person}, nil
	}
	p, err := w.get(person)
	if err != nil {
		return nil, err
	}
	aliases := []flywheel.Person{person}
	for _, l := range p.Links {
		alias := w.alias(l.Visitor, customer)
		if slices.Contains(aliases, alias) {
			continue
		}
		if w.p.identity == FirstLinked {
			device, err := w.get(alias)
			if err != nil {
				return nil, err
			}
			if FirstLinked.owner(device.Links, l.From) != customer {
				continue
			}
		}
		aliases = append(aliases, alias)
	}
	return aliases, nil
}

// merged returns a person's states as one.
func (w *work) merged(person flywheel.Person) (*Profile, error) {
	own, err := w.get(person)
	if err != nil {
		return nil, err
	}
	aliases, err := w.aliases(person)
	if err != nil || len(aliases) == 1 {
		return own, err
	}
	if err := w.load(aliases...); err != nil {
		return nil, err
	}
	aliases = slices.DeleteFunc(aliases, func(alias flywheel.Person) bool { // devices that were never used without a name
		p := w.loaded[alias]
		return alias != person && p.Events == 0 && len(p.Leaves) == 0 && len(p.Traits) == 0
	})
	if len(aliases) == 1 {
		return own, nil
	}
	sum := own.clone()
	for i, alias := range aliases[1:] {
		values := func(ctx context.Context, of string) (int64, error) {
			list, err := w.values(of, aliases[:i+2])
			return int64(len(list)), err
		}
		if err := w.add(sum, w.loaded[alias], values); err != nil {
			return nil, err
		}
	}
	return sum, w.tops(sum, aliases)
}

// add adds the state of an alias.
func (w *work) add(sum, other *Profile, values func(context.Context, string) (int64, error)) error {
	if other.Events > 0 {
		sum.FirstSeen, sum.LastSeen = earlier(sum.FirstSeen, other.FirstSeen), later(sum.LastSeen, other.LastSeen)
	}
	if other.Orders > 0 {
		sum.FirstPurchase, sum.LastPurchase = earlier(sum.FirstPurchase, other.FirstPurchase), later(sum.LastPurchase, other.LastPurchase)
	}
	sum.Events += other.Events
	sum.Orders += other.Orders
	sum.Items += other.Items
	sum.Refunds += other.Refunds
	for _, t := range other.Totals {
		if err := sum.addTotal(t); err != nil {
			return err
		}
	}
	for i := range other.Traits {
		for len(sum.Traits) <= i {
			sum.Traits = append(sum.Traits, TraitState{})
		}
		if i < len(w.p.traits) {
			if err := w.p.traits[i].merge(&sum.Traits[i], &other.Traits[i]); err != nil {
				return err
			}
		}
	}
	return mergeLeaves(w.ctx, sum, other, w.engine.leaves, values)
}

// tops counts the values of traits over several aliases.
func (w *work) tops(sum *Profile, aliases []flywheel.Person) error {
	for i := range sum.Traits {
		if i >= len(w.p.traits) || !w.p.traits[i].ofTexts() || sum.Traits[i].Count == 0 {
			continue
		}
		list, err := w.values(w.p.traits[i].Name, aliases)
		if err != nil {
			return err
		}
		s := &sum.Traits[i]
		s.Values, s.Top, s.Value = int64(len(list)), 0, nil
		for _, v := range list {
			if v.Count > s.Top && w.p.traits[i].Kind == MostFrequent {
				s.Top, s.Value = v.Count, v.Value
			}
		}
	}
	return nil
}

// lists reads the values of traits that are lists, so that rules can see them.
func (w *work) lists(p *Profile) error {
	for i := range w.p.traits {
		if w.p.traits[i].Kind != Values || i >= len(p.Traits) || p.Traits[i].Count == 0 {
			continue
		}
		aliases, err := w.aliases(p.Person)
		if err != nil {
			return err
		}
		list, err := w.values(w.p.traits[i].Name, aliases)
		if err != nil {
			return err
		}
		p.Traits = slices.Clone(p.Traits)
		p.Traits[i].List = make([]string, len(list))
		for j := range list {
			p.Traits[i].List[j] = list[j].Value
		}
	}
	return nil
}

// values returns the counts of values over persons, with what this work has
// counted.
func (w *work) values(of string, persons []flywheel.Person) ([]ValueCount, error) {
	list, err := w.p.store.Values(w.ctx, of, nil, persons...)
	if err != nil || len(w.changed) == 0 {
		return list, err
	}
	sum := map[string]int64{}
	for _, v := range list {
		sum[v.Value] += v.Count
	}
	for key := range w.changed {
		if key.of != of || !slices.Contains(persons, key.person) {
			continue
		}
		stored, err := w.stored(key)
		if err != nil {
			return nil, err
		}
		sum[key.value] += w.counts[key] - stored
	}
	list = list[:0:0]
	for value, n := range sum {
		if n == 0 {
			continue
		}
		list = append(list, ValueCount{value, n})
	}
	sortValues(list)
	return list, nil
}

// counted adds one to the count of a person's value, and returns it.
func (w *work) counted(person flywheel.Person, of, value string) (int64, error) {
	key := countKey{person, of, value}
	if w.counts == nil {
		w.counts, w.changed = map[countKey]int64{}, map[countKey]bool{}
	}
	n, known := w.counts[key]
	if !known {
		var err error
		if n, err = w.stored(key); err != nil {
			return 0, err
		}
	}
	w.counts[key], w.changed[key] = n+1, true
	return n + 1, nil
}

// stored returns the count of a value as it is in the store.
func (w *work) stored(key countKey) (int64, error) {
	list, err := w.p.store.Values(w.ctx, key.of, &key.value, key.person)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].Count, nil
}

// valueOfEvent is what an event is worth to the profiles.
func (w *work) valueOfEvent(e *flywheel.Entry) (money.Amount, error) {
	if w.p.convert == nil {
		return valueOf(&e.Event)
	}
	if e.Event.Value != (money.Amount{}) {
		return w.p.convert(e.Event.Value, e.Effective)
	}
	var total money.Amount
	for i := range e.Event.Lines { // perhaps in several currencies
		if e.Event.Lines[i].Amount == (money.Amount{}) {
			continue
		}
		amount, err := w.p.convert(e.Event.Lines[i].Amount, e.Effective)
		if err != nil {
			return total, err
		}
		if total, err = total.Add(amount); err != nil {
			return total, err
		}
	}
	return total, nil
}

// save writes what has changed.
func (w *work) save() error {
	if len(w.dirty) == 0 {
		return nil
	}
	byPerson := map[flywheel.Person][]Counted{}
	for key := range w.changed {
		byPerson[key.person] = append(byPerson[key.person], Counted{key.of, key.value, w.counts[key]})
	}
	profiles := make([]Profile, len(w.dirty))
	for i, person := range w.dirty {
		profiles[i] = *w.loaded[person]
		profiles[i].Counted = byPerson[person]
		slices.SortFunc(profiles[i].Counted, compareCounted)
	}
	return w.p.store.Save(w.ctx, profiles...)
}
