package review

import (
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
)

// The events of a [Service]. Ref is the post, Customer its author, Time the change.
// Properties: "product", "kind", and of a review "rating", "verified" and
// "incentive". A post is hidden when readers see it no longer, whatever the cause.
const (
	EventPostPublished = "post_published"
	EventPostHidden    = "post_hidden"
)

// The properties of the events.
const (
	PropertyProduct   = "product"
	PropertyKind      = "kind"
	PropertyRating    = "rating"
	PropertyVerified  = "verified"
	PropertyIncentive = "incentive"
)

// event reports that a post was published or hidden by its last save.
func (p *Post) event() flywheel.Event {
	name := EventPostHidden
	if p.Visible() {
		name = EventPostPublished
	}
	e := flywheel.Event{
		ID: eventid.Of(name, p.ID, strconv.FormatInt(p.Version, 10)), Name: name, Time: p.UpdatedAt,
		Customer: p.Author, Ref: p.ID,
		Properties: map[string]any{PropertyProduct: p.Product, PropertyKind: string(p.Kind)},
	}
	if p.Kind == Review {
		e.Properties[PropertyRating] = float64(p.Rating)
		e.Properties[PropertyVerified] = p.Verified
		e.Properties[PropertyIncentive] = string(p.Incentive)
	}
	return e
}

// Published is what a post event says.
type Published struct {
	Post, Product string
	Kind          Kind
	Author        flywheel.CustomerID
	Rating        int
	Verified      bool
	Incentive     Incentive
	// Visible is false where the post was hidden.
	Visible bool
}

// ReadEvent reads an event of a [Service]; ok is false for any other.
func ReadEvent(e *flywheel.Event) (p Published, ok bool) {
	if e.Name != EventPostPublished && e.Name != EventPostHidden || e.Ref == "" {
		return p, false
	}
	product, _ := e.Properties[PropertyProduct].(string)
	kind, _ := e.Properties[PropertyKind].(string)
	rating, _ := e.Properties[PropertyRating].(float64)
	verified, _ := e.Properties[PropertyVerified].(bool)
	incentive, _ := e.Properties[PropertyIncentive].(string)
	if product == "" || rating < 0 || rating > 5 {
		return p, false
	}
	return Published{
		e.Ref, product, Kind(kind), e.Customer, int(rating), verified, Incentive(incentive), e.Name == EventPostPublished,
	}, true
}
