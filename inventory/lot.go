package inventory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Tracking says how the units of an item are told apart.
type Tracking string

// The ways of tracking.
const (
	// NoTracking tells units apart by nothing but their place.
	NoTracking Tracking = ""
	// ByLot tells them apart by the lot that they were made in.
	ByLot Tracking = "lots"
	// BySerial gives each unit a number of its own, such as a license key: a lot of
	// one.
	BySerial Tracking = "serials"
)

// Lot is what is on hand of a lot at a place.
type Lot struct {
	SKU      flywheel.SKU `json:"sku"`
	Location Location     `json:"location"`
	// Lot names it; "" are units whose lot nobody knows.
	Lot string `json:"lot"`
	// Expires is the last day on which it can be used; zero is never.
	Expires fulfillment.Date `json:"expires,omitzero"`
	OnHand  int64            `json:"onHand"`
	// Recalled units are on the shelf and do not count as on hand of the item.
	Recalled bool `json:"recalled,omitempty"`
}

// LotMove is a change of what is on hand of a lot: which lots a [Movement] took or
// brought. Its key is Kind, Ref, Attempt, Key, SKU, Location and Lot.
type LotMove struct {
	SKU      flywheel.SKU     `json:"sku"`
	Location Location         `json:"location"`
	Lot      string           `json:"lot"`
	Expires  fulfillment.Date `json:"expires,omitzero"`
	Kind     Kind             `json:"kind"`
	Ref      string           `json:"ref"`
	Attempt  int64            `json:"attempt,omitempty"`
	Key      string           `json:"key,omitempty"`
	OnHand   int64            `json:"onHand"`
	At       time.Time        `json:"at"`
}

// LotStore is what a Store offers in addition when it keeps lots. Its calls are made
// within the transaction that posted the movements they belong to, so that the items
// are locked. [Service] finds it by assertion.
type LotStore interface {
	// Lots returns the lots of sku at location, or everywhere when it is empty, of
	// which there are units: ordered by Expires, those that never expire last, then by
	// Lot and Location.
	Lots(ctx context.Context, sku flywheel.SKU, location Location) ([]Lot, error)
	// ExpiredLots returns up to limit lots that are not recalled, of which there are
	// units and whose last day is before day, ordered by Expires, SKU, Location and Lot.
	ExpiredLots(ctx context.Context, day fulfillment.Date, limit int) ([]Lot, error)
	// PostLots appends moves, each key once, and changes what is on hand of their lots:
	// all of them or none. A lot that would have fewer than no units is a
	// [*ShortageError]. The first move of a lot says when it expires.
	PostLots(ctx context.Context, moves []LotMove) error
	// LotMoves returns the moves of a lot, at all places, in the order in which they
	// were posted.
	LotMoves(ctx context.Context, sku flywheel.SKU, lot string) ([]LotMove, error)
	// LotMovesOf returns the moves of a ref, in the order in which they were posted.
	LotMovesOf(ctx context.Context, ref string) ([]LotMove, error)
	// RecallLot sets whether a lot is recalled, at all places.
	RecallLot(ctx context.Context, sku flywheel.SKU, lot string, recalled bool) error
	// IsRecalled reports whether a lot is.
	IsRecalled(ctx context.Context, sku flywheel.SKU, lot string) (bool, error)
}

// LotLine is a number of units of a lot.
type LotLine struct {
	SKU      flywheel.SKU
	Lot      string
	Expires  fulfillment.Date
	Quantity int64
}

// ReceiveLots does what [Service.Receive] does with goods whose lots, or serial
// numbers, are known. A serial number that is on hand somewhere is refused as
// flywheel.ErrConflict.
func (s *Service) ReceiveLots(ctx context.Context, ref string, lots []LotLine) error {
	return s.addLots(ctx, KindReceive, ref, lots)
}

// RestockLots does what [Service.Restock] does with units whose lots are known.
func (s *Service) RestockLots(ctx context.Context, ref string, lots []LotLine) error {
	return s.addLots(ctx, KindRestock, ref, lots)
}

func (s *Service) addLots(ctx context.Context, kind Kind, ref string, lots []LotLine) error {
	lines := make([]flywheel.Line, len(lots))
	for i, l := range lots {
		if l.Lot != "" {
			if err := checkID(fmt.Sprintf("lot of line %d", i+1), l.Lot); err != nil {
				return err
			}
		}
		lines[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity}
	}
	if s.lots == nil {
		return refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	return s.addTracked(ctx, kind, ref, lines, lots)
}

// track is the second half of a change of what is on hand: it says which lots the
// posted movements took or brought. Named lots come first; for what they do not cover,
// goods that come are of an unknown lot, and goods that leave are of those that expire
// first. Within a transaction of the store the items are locked.
func (s *Service) track(ctx context.Context, posted []Movement, named []LotLine) error {
	if s.lots == nil {
		return nil
	}
	skus := make([]flywheel.SKU, 0, len(posted))
	for i := range posted {
		skus = append(skus, posted[i].SKU)
	}
	items, err := s.itemsOf(ctx, skus)
	if err != nil {
		return err
	}
	for _, l := range named {
		if items[l.SKU].Tracking == NoTracking {
			return refused(flywheel.ErrInvalid, "%s is not tracked by lot or serial number", l.SKU)
		}
	}
	var moves []LotMove
	for i := range posted {
		m := &posted[i]
		if items[m.SKU].Tracking == NoTracking || m.OnHand == 0 || m.Location == EveryPlace {
			continue
		}
		known, err := s.tracked(ctx, m)
		if err != nil {
			return err
		}
		if known {
			continue // the call is a repeated one
		}
		of, err := s.lotMoves(ctx, m, items[m.SKU].Tracking, named)
		if err != nil {
			return err
		}
		moves = append(moves, of...)
	}
	if len(moves) == 0 {
		return nil
	}
	return s.lots.PostLots(ctx, moves)
}

// tracked reports whether the lots of a movement were posted before.
func (s *Service) tracked(ctx context.Context, m *Movement) (bool, error) {
	moves, err := s.lots.LotMovesOf(ctx, m.Ref)
	return slices.ContainsFunc(moves, func(l LotMove) bool {
		return l.SKU == m.SKU && l.Location == m.Location && l.Kind == m.Kind && l.Attempt == m.Attempt && l.Key == m.Key
	}), err
}

// lotMoves says which lots a movement takes or brings.
func (s *Service) lotMoves(ctx context.Context, m *Movement, tracking Tracking, named []LotLine) (moves []LotMove, err error) {
	size, sign := m.OnHand, int64(1)
	if size < 0 {
		size, sign = -size, -1
	}
	add := func(lot string, expires fulfillment.Date, n int64) {
		for i := range moves {
			if moves[i].Lot == lot {
				moves[i].OnHand += sign * n
				return
			}
		}
		moves = append(moves, LotMove{
			SKU: m.SKU, Location: m.Location, Lot: lot, Expires: expires, Kind: m.Kind, Ref: m.Ref,
			Attempt: m.Attempt, Key: m.Key, OnHand: sign * n, At: m.At,
		})
	}
	left := size
	for _, l := range named {
		if l.SKU == m.SKU {
			n := min(left, l.Quantity)
			if n != l.Quantity {
				return nil, refused(flywheel.ErrInvalid, "the lots named of %s are more than %d units", m.SKU, size)
			}
			add(l.Lot, l.Expires, n)
			left -= n
		}
	}
	if sign > 0 {
		if left > 0 {
			add("", fulfillment.Date{}, left)
		}
		for _, l := range moves {
			recalled, err := s.lots.IsRecalled(ctx, l.SKU, l.Lot)
			if err != nil {
				return nil, err
			}
			if recalled {
				return nil, refused(flywheel.ErrConflict, "lot %q of %s is recalled", l.Lot, l.SKU)
			}
		}
		if tracking == BySerial {
			return moves, s.checkSerials(ctx, moves)
		}
		return moves, nil
	}
	lots, err := s.lots.Lots(ctx, m.SKU, m.Location)
	if err != nil {
		return nil, err
	}
	for _, l := range lots {
		if left == 0 {
			break
		}
		if l.Recalled || slices.ContainsFunc(named, func(n LotLine) bool { return n.SKU == l.SKU && n.Lot == l.Lot }) {
			continue
		}
		n := min(left, l.OnHand)
		add(l.Lot, l.Expires, n)
		left -= n
	}
	if left > 0 { // more was sold than there is: the backlog has no lot
		add("", fulfillment.Date{}, left)
	}
	return moves, nil
}

// checkSerials refuses serial numbers that are on hand already, or twice.
func (s *Service) checkSerials(ctx context.Context, moves []LotMove) error {
	for _, m := range moves {
		if m.Lot == "" {
			continue
		}
		if m.OnHand != 1 {
			return refused(flywheel.ErrInvalid, "serial number %q of %s names %d units", m.Lot, m.SKU, m.OnHand)
		}
		history, err := s.lots.LotMoves(ctx, m.SKU, m.Lot)
		if err != nil {
			return err
		}
		onHand := int64(0)
		for _, h := range history {
			onHand += h.OnHand
		}
		if onHand > 0 {
			return refused(flywheel.ErrConflict, "serial number %q of %s is on hand", m.Lot, m.SKU)
		}
	}
	return nil
}

// Lots returns the lots of sku at the service's location of which there are units, the
// first to expire first: the order in which they leave.
func (s *Service) Lots(ctx context.Context, sku flywheel.SKU) ([]Lot, error) {
	if err := checkID("sku", string(sku)); err != nil {
		return nil, err
	}
	if s.lots == nil {
		return nil, refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	return s.lots.Lots(ctx, sku, s.location)
}

// LotHistory returns what happened to a lot, or a serial number, at all places.
func (s *Service) LotHistory(ctx context.Context, sku flywheel.SKU, lot string) ([]LotMove, error) {
	if err := checkID("sku", string(sku)); err != nil {
		return nil, err
	}
	if s.lots == nil {
		return nil, refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	return s.lots.LotMoves(ctx, sku, lot)
}

// Affected is an order that got units of a recalled lot.
type Affected struct {
	Ref      string
	Quantity int64 // that it got
}

// Recall takes what is on hand of a lot out of sale, at all places, and returns the
// refs that got units of it, ordered: of every shipment and commitment. Units of the
// lot that come later are refused until [Service.EndRecall]. Ref names the recall;
// calling it again changes nothing more.
func (s *Service) Recall(ctx context.Context, ref, reason string, sku flywheel.SKU, lot string) (affected []Affected, err error) {
	for what, id := range map[string]string{"ref": ref, "reason": reason, "sku": string(sku), "lot": lot} {
		if err := checkID(what, id); err != nil {
			return nil, err
		}
	}
	if s.lots == nil {
		return nil, refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	at := s.now()
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		affected = nil
		if err := s.setRecalled(ctx, Movement{SKU: sku, Kind: KindVariance, Ref: ref, Reason: reason, At: at}, lot, true); err != nil {
			return err
		}
		moves, err := s.lots.LotMoves(ctx, sku, lot)
		if err != nil {
			return err
		}
		got := map[string]int64{}
		for _, m := range moves {
			if m.Kind == KindShip || m.Kind == KindCommit {
				got[m.Ref] -= m.OnHand
			}
		}
		for ref, n := range got {
			affected = append(affected, Affected{ref, n})
		}
		slices.SortFunc(affected, func(a, b Affected) int { return cmp.Compare(a.Ref, b.Ref) })
		return nil
	})
	return affected, err
}

// EndRecall puts what is on the shelf of a recalled lot back on sale. Ref names the
// decision.
func (s *Service) EndRecall(ctx context.Context, ref, reason string, sku flywheel.SKU, lot string) error {
	for what, id := range map[string]string{"ref": ref, "reason": reason, "sku": string(sku), "lot": lot} {
		if err := checkID(what, id); err != nil {
			return err
		}
	}
	if s.lots == nil {
		return refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	at := s.now()
	return s.tx.InTx(ctx, func(ctx context.Context) error {
		return s.setRecalled(ctx, Movement{SKU: sku, Kind: KindVariance, Ref: ref, Reason: reason, At: at}, lot, false)
	})
}

// setRecalled moves the units of a lot out of what is on hand of the item, or back.
func (s *Service) setRecalled(ctx context.Context, like Movement, lot string, recalled bool) error {
	lots, err := s.lots.Lots(ctx, like.SKU, "")
	if err != nil {
		return err
	}
	var ms []Movement
	for _, l := range lots {
		if l.Lot != lot || l.Recalled == recalled {
			continue
		}
		m := like
		if m.Location, m.OnHand = l.Location, l.OnHand; recalled {
			m.OnHand = -l.OnHand
		}
		ms = append(ms, m)
	}
	slices.SortFunc(ms, compareItems)
	if len(ms) > 0 {
		used, err := s.items.Document(ctx, like.Ref)
		if err != nil {
			return err
		}
		for _, u := range used {
			if u.Kind == like.Kind && u.SKU == like.SKU {
				return refused(flywheel.ErrKeyReused, "ref %q is that of another correction of %s", like.Ref, like.SKU)
			}
		}
		if err := s.post(ctx, ms); err != nil {
			return err
		}
	}
	return s.lots.RecallLot(ctx, like.SKU, lot, recalled)
}

// WriteOff takes lots whose last day is before day off the shelf, some at a time, and
// reports whether there were any. What is promised of them stays promised: Available
// may be below zero until promises are taken back or goods come in.
func (s *Service) WriteOff(ctx context.Context, day fulfillment.Date) (more bool, err error) {
	if s.lots == nil {
		return false, refused(flywheel.ErrInvalid, "this service tracks no lots")
	}
	at := s.now()
	err = s.tx.InTx(ctx, func(ctx context.Context) error {
		lots, err := s.lots.ExpiredLots(ctx, day, duePage)
		if err != nil {
			return err
		}
		more = len(lots) > 0
		for _, l := range lots {
			m := Movement{SKU: l.SKU, Location: l.Location, Kind: KindVariance, Ref: "expired:" + at.Format(time.RFC3339Nano), Key: l.Lot, Reason: "expired", OnHand: -l.OnHand, At: at}
			posted := []Movement{m}
			if err := s.post(ctx, posted); err != nil {
				return err
			}
			if err := s.track(ctx, posted, []LotLine{{SKU: l.SKU, Lot: l.Lot, Quantity: l.OnHand}}); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}
