package inventory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Events that a [Service] tells its Sink: the movements that change what is on
// hand. Ref is that of the call, Lines hold SKUs and quantities, and property
// "location" names the place. The ID is made of name, location and ref (and the
// SKU of an adjustment), so that a repeated call tells the same fact.
const (
	// EventReceived tells of goods that came from outside.
	EventReceived = "stock_received"
	// EventRestocked tells of goods that a customer returned.
	EventRestocked = "stock_restocked"
	// EventAdjusted tells of a correction of one SKU; properties "direction"
	// ("in" or "out"), "reason" and "sku".
	EventAdjusted = "stock_adjusted"
	// EventCommitted tells that reserved goods left.
	EventCommitted = "stock_committed"
)

var eventNames = map[Kind]string{
	KindReceive: EventReceived,
	KindRestock: EventRestocked,
	KindAdjust:  EventAdjusted,
	KindCommit:  EventCommitted,
}

// tell publishes the event of a movement, if anyone listens.
func (s *Service) tell(ctx context.Context, kind Kind, location Location, ref string, at time.Time, lines []flywheel.Line, more map[string]any) error {
	if s.sink == nil {
		return nil
	}
	properties := map[string]any{"location": string(location)}
	maps.Copy(properties, more)
	sku, _ := more["sku"].(string)
	return s.sink.Publish(ctx, flywheel.Event{
		ID:         eventID(eventNames[kind], string(location), sku, ref),
		Name:       eventNames[kind],
		Time:       at,
		Ref:        ref,
		Lines:      lines,
		Properties: properties,
	})
}

// eventID joins name and parts so that different parts give different IDs; one
// that would be too long is a hash.
func eventID(name string, parts ...string) string {
	escape := strings.NewReplacer("%", "%25", ":", "%3A")
	id := name
	for _, p := range parts {
		if p != "" {
			id += ":" + escape.Replace(p)
		}
	}
	if len(id) <= flywheel.MaxIDBytes {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return name + ":sha256:" + hex.EncodeToString(sum[:])
}
