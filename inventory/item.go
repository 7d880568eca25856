package inventory

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Item is what a shop decides about a SKU, at all places together. A SKU without one
// is sold as far as it is on a shelf.
type Item struct {
	SKU flywheel.SKU `json:"sku"`
	// Untracked is an item that is always there: nothing is counted.
	Untracked bool `json:"untracked,omitempty"`
	// Parts make a kit: what one unit consists of. A kit has no stock of its own, and
	// its parts are no kits. Amounts are not kept.
	Parts []flywheel.Line `json:"parts,omitempty"`
	// Policy says whether the item is sold before it is there, Limit how many units
	// may be promised so at a time ([Unlimited] for any number), and Date when they
	// are expected; without one it is when enough of what is on order has come.
	Policy fulfillment.Policy `json:"policy,omitempty"`
	Limit  int64              `json:"limit,omitempty"`
	Date   fulfillment.Date   `json:"date,omitzero"`
	// Safety is how many units at each place [Service.Available] keeps back. Holds may
	// still take them.
	Safety int64 `json:"safety,omitempty"`
	// Tracking says how units are told apart, by services with Options.Lots.
	Tracking Tracking `json:"tracking,omitempty"`
	// Low is from how many available units on, at a place, a service with
	// Options.Alerts reports that the item is low. 0: never.
	Low int64 `json:"low,omitempty"`
	// Measure says in which units the item is counted. Nil: in units of the SKU.
	Measure *Measure `json:"measure,omitempty"`
}

// ItemStore is what a Store offers in addition when it keeps items and looks up
// documents. [Service] finds it by assertion.
type ItemStore interface {
	// Items returns the items of skus, ordered by SKU; those that were never saved are
	// left out.
	Items(ctx context.Context, skus []flywheel.SKU) ([]Item, error)
	// SaveItem replaces the item of the SKU.
	SaveItem(ctx context.Context, item Item) error
	// LevelsOf returns the levels of skus at all locations, ordered by SKU and
	// location. Items that nothing happened to are left out.
	LevelsOf(ctx context.Context, skus []flywheel.SKU) ([]Level, error)
	// Document returns the movements of a ref, of all attempts, in all ledgers, ordered
	// by SKU, location and Seq.
	Document(ctx context.Context, ref string) ([]Movement, error)
}

// SetItem says how an item is sold; it replaces what was said before. A smaller limit
// leaves promises that were made.
func (s *Service) SetItem(ctx context.Context, item Item) error {
	if err := item.check(); err != nil {
		return err
	}
	if s.items == nil {
		return refused(flywheel.ErrInvalid, "the store keeps no items")
	}
	item = item.clone()
	limit := item.Limit
	if item.Policy == fulfillment.NoPolicy {
		limit = 0
	}
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		parts, err := s.items.Items(ctx, skusOf(item.Parts))
		if err != nil {
			return err
		}
		for _, p := range parts {
			if len(p.Parts) > 0 {
				return refused(flywheel.ErrInvalid, "part %s of kit %s is a kit", p.SKU, item.SKU)
			}
		}
		if err := s.items.SaveItem(ctx, item); err != nil {
			return err
		}
		before, err := s.At(EveryPlace).Level(ctx, item.SKU)
		if err != nil || before.Backorder == limit {
			return err
		}
		return s.store.SetBackorder(ctx, item.SKU, EveryPlace, limit)
	})
}

// Item returns what was said of a SKU, the Item with nothing but the SKU if nothing
// was.
func (s *Service) Item(ctx context.Context, sku flywheel.SKU) (Item, error) {
	if err := checkID("sku", string(sku)); err != nil {
		return Item{}, err
	}
	items, err := s.itemsOf(ctx, []flywheel.SKU{sku})
	return items[sku], err
}

func (i *Item) check() error {
	if err := checkID("sku", string(i.SKU)); err != nil {
		return err
	}
	switch i.Policy {
	case fulfillment.NoPolicy, fulfillment.Backorder, fulfillment.Preorder:
	default:
		return refused(flywheel.ErrInvalid, "policy %q of %s is neither backorder nor preorder", i.Policy, i.SKU)
	}
	switch i.Tracking {
	case NoTracking, ByLot, BySerial:
	default:
		return refused(flywheel.ErrInvalid, "tracking %q of %s is neither lots nor serials", i.Tracking, i.SKU)
	}
	if i.Limit < 0 || i.Limit > MaxQuantity && i.Limit != Unlimited {
		return refused(flywheel.ErrOutOfRange, "limit %d of %s", i.Limit, i.SKU)
	}
	if i.Measure != nil {
		if err := i.Measure.Check(); err != nil {
			return err
		}
	}
	if i.Low < 0 || i.Low > MaxQuantity {
		return refused(flywheel.ErrOutOfRange, "low stock of %d of %s", i.Low, i.SKU)
	}
	if i.Safety < 0 || i.Safety > MaxQuantity {
		return refused(flywheel.ErrOutOfRange, "safety stock %d of %s", i.Safety, i.SKU)
	}
	for n, l := range i.Parts {
		if err := checkID(fmt.Sprintf("part %d of %s", n+1, i.SKU), string(l.SKU)); err != nil {
			return err
		}
		if l.Quantity < 1 || l.Quantity > fulfillment.MaxQuantity {
			return refused(flywheel.ErrOutOfRange, "%d of part %s of %s is not between 1 and %d", l.Quantity, l.SKU, i.SKU, fulfillment.MaxQuantity)
		}
		if l.SKU == i.SKU {
			return refused(flywheel.ErrInvalid, "kit %s is a part of itself", i.SKU)
		}
	}
	return nil
}

// Available returns what can be had of each SKU and of the parts of each kit, at every
// place, for fulfillment.Network; stock in quarantine is not had. An item that is sold
// before it is there, and says no Date, is expected as purchase orders and transfers
// say (see [Service.Incoming]), at the end of their ranges. What is held by somebody
// whose time is over counts as held until it is taken back. It takes the same number of
// calls to the store for any number of SKUs.
func (s *Service) Available(ctx context.Context, skus []flywheel.SKU) (fulfillment.Stock, error) {
	return s.AvailableIn(ctx, nil, skus)
}

// AvailableIn is Available in memory that is used again and again; see
// fulfillment.StockMemory.
func (s *Service) AvailableIn(ctx context.Context, memory *fulfillment.StockMemory, skus []flywheel.SKU) (fulfillment.Stock, error) {
	for i, sku := range skus {
		if err := flywheel.CheckID(string(sku)); err != nil {
			return nil, refused(err, "sku %d", i+1)
		}
	}
	all := once(skus)
	items, err := s.saidOf(ctx, all)
	if err != nil {
		return nil, err
	}
	var parts []flywheel.SKU
	for i := range items {
		for _, l := range items[i].Parts {
			if _, ok := slices.BinarySearch(all, l.SKU); !ok {
				parts = append(parts, l.SKU)
			}
		}
	}
	if len(parts) > 0 {
		parts = once(parts)
		more, err := s.saidOf(ctx, parts)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		all = once(slices.Concat(all, parts))
	}
	scratch := levelLists.Get().(*[]Level)
	defer levelLists.Put(scratch)
	levels, err := s.levelsIn(ctx, *scratch, all)
	if err != nil {
		return nil, err
	}
	*scratch = levels
	stock := memory.New(len(all))
	for _, sku := range all {
		stock[sku] = fulfillment.Supply{}
	}
	var safety map[flywheel.SKU]int64
	for i := range items {
		item := &items[i]
		stock[item.SKU] = fulfillment.Supply{Untracked: item.Untracked, Parts: item.Parts, Policy: item.Policy, Date: item.Date}
		if item.Safety > 0 {
			if safety == nil {
				safety = map[flywheel.SKU]int64{}
			}
			safety[item.SKU] = item.Safety
		}
	}
	var promised map[flywheel.SKU]int64 // that are not there
	for i := range levels {
		l := &levels[i]
		if l.Location == EveryPlace {
			supply := stock[l.SKU]
			supply.Room = l.Promisable()
			stock[l.SKU] = supply
			if promised == nil {
				promised = map[flywheel.SKU]int64{}
			}
			promised[l.SKU] = l.Backordered
			continue
		}
		if l.Location.Quarantined() {
			continue
		}
		free := l.Promisable() - safety[l.SKU]
		if free <= 0 {
			continue
		}
		supply := stock[l.SKU]
		if supply.Free == nil {
			supply.Free = memory.Free()
			stock[l.SKU] = supply
		}
		supply.Free[l.Location] = free
	}
	var dated []flywheel.SKU // by what is expected
	for i := range items {
		if item := &items[i]; item.Policy != fulfillment.NoPolicy && item.Date.IsZero() && len(item.Parts) == 0 {
			dated = append(dated, item.SKU)
		}
	}
	if len(dated) == 0 || s.papers == nil {
		return stock, nil
	}
	if promised == nil {
		promised = map[flywheel.SKU]int64{}
	}
	coming, err := s.coming(ctx, dated, promised)
	if err != nil {
		return nil, err
	}
	for sku, arrivals := range coming {
		supply := stock[sku]
		supply.Coming = arrivals
		stock[sku] = supply
	}
	return stock, nil
}

// saidOf returns what was said of SKUs.
func (s *Service) saidOf(ctx context.Context, skus []flywheel.SKU) ([]Item, error) {
	if s.items == nil {
		return nil, nil
	}
	return s.items.Items(ctx, skus)
}

// itemsOf returns the items of SKUs, also of those that nothing was said of.
func (s *Service) itemsOf(ctx context.Context, skus []flywheel.SKU) (map[flywheel.SKU]Item, error) {
	items := make(map[flywheel.SKU]Item, len(skus))
	for _, sku := range skus {
		items[sku] = Item{SKU: sku}
	}
	list, err := s.saidOf(ctx, skus)
	for _, item := range list {
		items[item.SKU] = item
	}
	return items, err
}

// levelLists are memory of levels that are read and forgotten.
var levelLists = sync.Pool{New: func() any { return new([]Level) }}

// levelsIn is levelsOf in memory that nobody needs.
func (s *Service) levelsIn(ctx context.Context, memory []Level, skus []flywheel.SKU) ([]Level, error) {
	if m, ok := s.items.(*MemoryStore); ok {
		return m.levelsIn(ctx, memory[:0], skus)
	}
	return s.levelsOf(ctx, skus)
}

// levelsOf returns the levels of SKUs everywhere.
func (s *Service) levelsOf(ctx context.Context, skus []flywheel.SKU) (levels []Level, err error) {
	if s.items != nil {
		return s.items.LevelsOf(ctx, skus)
	}
	for _, sku := range skus {
		for l, err := range s.store.Levels(ctx, sku, "") {
			if err != nil {
				return nil, err
			}
			levels = append(levels, l)
		}
	}
	return levels, nil
}

func skusOf(lines []flywheel.Line) []flywheel.SKU {
	skus := make([]flywheel.SKU, len(lines))
	for i, l := range lines {
		skus[i] = l.SKU
	}
	return skus
}

// bare returns lines without amounts, nil for none.
func bare(lines []flywheel.Line) []flywheel.Line {
	var kept []flywheel.Line
	for _, l := range lines {
		kept = append(kept, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity})
	}
	return kept
}

// clone returns a copy that shares nothing with i.
func (i Item) clone() Item {
	i.Parts = bare(i.Parts)
	if i.Measure != nil {
		measure := *i.Measure
		measure.Packs = slices.Clone(measure.Packs)
		i.Measure = &measure
	}
	return i
}
