package inventory

import (
	"context"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// Events that a [Service] tells its Sink: the movements that change what is on
// hand. Ref is that of the call, Lines hold SKUs and quantities, and property
// "location" names the place. The ID is made of name, location and ref (and the
// SKU of an adjustment), so that a repeated call tells the same fact;
// the time is that of the movement in the ledger.
const (
	// EventReceived reports goods that came from outside.
	EventReceived = "stock_received"
	// EventRestocked reports goods that a customer returned.
	EventRestocked = "stock_restocked"
	// EventAdjusted reports a correction of one SKU; properties "direction"
	// ("in" or "out"), "reason" and "sku".
	EventAdjusted = "stock_adjusted"
	// EventCommitted reports that reserved goods left.
	EventCommitted = "stock_committed"
	// EventShipped reports that allocated goods left; property "key" names
	// the shipment.
	EventShipped = "stock_shipped"
	// EventCounted reports that a count found more or less of one SKU;
	// properties "direction" ("in" or "out"), "reason" and "sku".
	EventCounted = "stock_counted"
)

var eventNames = map[Kind]string{
	KindReceive: EventReceived,
	KindRestock: EventRestocked,
	KindAdjust:  EventAdjusted,
	KindCommit:  EventCommitted,
	KindShip:    EventShipped,

	KindTransferIn: EventReceived,

	KindCount:    EventCounted,
	KindVariance: EventCounted,
}

// tellByPlace reports movements of one call, those of each location in an event of
// its own.
func (s *Service) tellByPlace(ctx context.Context, kind Kind, ref string, posted []Movement, more map[string]any) error {
	if !s.teller.Listens() {
		return nil
	}
	places := map[Location][]Movement{}
	for _, m := range posted {
		if m.Location != EveryPlace {
			places[m.Location] = append(places[m.Location], m)
		}
	}
	for _, location := range slices.Sorted(maps.Keys(places)) {
		var lines []flywheel.Line
		for _, m := range places[location] {
			lines = append(lines, flywheel.Line{SKU: m.SKU, Quantity: max(m.OnHand, -m.OnHand)})
		}
		if err := s.tell(ctx, kind, location, ref, places[location], lines, more); err != nil {
			return err
		}
	}
	return nil
}

// tell reports movements of one call, as they stand in the ledger: at the time of
// the first of them, whenever the call is made again.
func (s *Service) tell(ctx context.Context, kind Kind, location Location, ref string, posted []Movement, lines []flywheel.Line, more map[string]any) error {
	if !s.teller.Listens() || len(posted) == 0 {
		return nil
	}
	at := posted[0].At
	for i := range posted {
		if posted[i].At.Before(at) {
			at = posted[i].At
		}
	}
	properties := map[string]any{"location": string(location)}
	maps.Copy(properties, more)
	parts := []string{string(location), ref}
	if sku, ok := more["sku"].(string); ok {
		parts = []string{string(location), sku, ref}
	}
	if key, ok := more["key"].(string); ok {
		parts = append(parts, key)
	}
	return s.teller.Tell(ctx, flywheel.Event{
		ID:         eventid.Of(eventNames[kind], parts...),
		Name:       eventNames[kind],
		Time:       at,
		Ref:        ref,
		Lines:      lines,
		Properties: properties,
	})
}
