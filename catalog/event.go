package catalog

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Names of the events that a [Service] publishes. Ref is the product, Lines are its
// SKUs, and the properties are "title", "status" and "version". The ID is made of
// the name, the product and, but for the first, the version.
const (
	EventProductCreated  = "product_created"
	EventProductUpdated  = "product_updated"
	EventProductArchived = "product_archived"
)

// changeEvent tells that p took the place of old, which is nil for a new product.
func changeEvent(p, old *Product) flywheel.Event {
	e := flywheel.Event{Name: EventProductUpdated, Time: p.UpdatedAt, Ref: string(p.ID),
		Lines: make([]flywheel.Line, len(p.Variants)),
		Properties: map[string]any{
			"title": p.Title, "status": string(p.Status), "version": float64(p.Version),
		}}
	for i, v := range p.Variants {
		e.Lines[i].SKU = v.SKU
	}
	switch {
	case old == nil:
		e.Name = EventProductCreated
		e.ID = fmt.Sprintf("%s:%s", e.Name, p.ID)
		return e
	case p.Status == Archived && old.Status != Archived:
		e.Name = EventProductArchived
	}
	e.ID = fmt.Sprintf("%s:%s:%d", e.Name, p.ID, p.Version)
	return e
}
