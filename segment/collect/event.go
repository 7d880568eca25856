package collect

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/segment/heatmap"
)

// Names of the events that a [Handler] publishes beside flywheel.EventViewItem and
// flywheel.EventSearch: those of GA4. Each has the property "page", the path of the page.
const (
	// EventPageView: a page was opened; properties "source", "medium" and "campaign"
	// where the address had them as utm parameters, and "referrer", the host of the page
	// before. With an item it is flywheel.EventViewItem, with the item as its line.
	EventPageView = "page_view"
	// EventClick: a click; properties "x" and "y" from 0 to 1 within the element of
	// "selector", or within the page where there is none. See [Point].
	EventClick = "click"
	// EventScroll: how far down a page was seen before it was left; property "depth",
	// from 0 to 1. See [Depth].
	EventScroll = "scroll"
)

// Properties of the events.
const (
	PropertyPage     = "page"
	PropertySelector = "selector"
	PropertyX        = "x"
	PropertyY        = "y"
	PropertyDepth    = "depth"
	PropertyQuery    = "query"
	PropertySource   = "source"
	PropertyMedium   = "medium"
	PropertyCampaign = "campaign"
	PropertyReferrer = "referrer"
)

// Point returns where an [EventClick] was, for package heatmap, and on which page; false
// for any other event.
func Point(e *flywheel.Event) (page string, p heatmap.Point, ok bool) {
	if e.Name != EventClick {
		return "", heatmap.Point{}, false
	}
	page, _ = e.Properties[PropertyPage].(string)
	p.Selector, _ = e.Properties[PropertySelector].(string)
	x, okX := e.Properties[PropertyX].(float64)
	y, okY := e.Properties[PropertyY].(float64)
	p.X, p.Y = x, y
	return page, p, okX && okY
}

// Depth returns how far down a page an [EventScroll] was, and which page; false for any
// other event.
func Depth(e *flywheel.Event) (page string, depth float64, ok bool) {
	if e.Name != EventScroll {
		return "", 0, false
	}
	page, _ = e.Properties[PropertyPage].(string)
	depth, ok = e.Properties[PropertyDepth].(float64)
	return page, depth, ok
}

// batch is what the script posts.
type batch struct {
	// ID names the batch, so that one that is posted again tells nothing new.
	ID      string `json:"id"`
	Visitor string `json:"visitor"`
	Session string `json:"session"`
	// Sent is the browser's clock when it was posted, in milliseconds since 1970.
	Sent    int64    `json:"sent"`
	Consent *consent `json:"consent"`
	Events  []posted `json:"events"`
}

// consent is what the visitor agreed to, and when by the browser's clock.
type consent struct {
	Text    string `json:"text"`
	Version string `json:"version"`
	At      int64  `json:"at"`
}

// posted is one event of a batch.
type posted struct {
	Type     string   `json:"type"`
	At       int64    `json:"at"`
	Page     string   `json:"page"`
	SKU      string   `json:"sku"`
	Query    string   `json:"query"`
	Source   string   `json:"source"`
	Medium   string   `json:"medium"`
	Campaign string   `json:"campaign"`
	Referrer string   `json:"referrer"`
	Selector string   `json:"selector"`
	X        *float64 `json:"x"`
	Y        *float64 `json:"y"`
	Depth    *float64 `json:"depth"`
}

const (
	mostEvents = 50
	mostText   = 500
	// mostAge is how old an event may be when it is posted, such as on a phone that was
	// offline.
	mostAge = 24 * time.Hour
)

func refuse(field, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf("collect: %s: %w", fmt.Sprintf(format, args...), flywheel.ErrInvalid)}
}

// token checks a name that the script made: 8 to 64 letters, digits, "-" and "_".
func token(field, s string) error {
	if len(s) < 8 || len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return refuse(field, "%d bytes are no token", len(s))
	}
	return nil
}

// text checks a text from the page: bounded, and one that people could have typed.
func text(field, s string) error {
	switch {
	case len(s) > mostText:
		return &flywheel.FieldError{Field: field, Err: fmt.Errorf("collect: %d bytes: %w", len(s), flywheel.ErrLimit)}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return refuse(field, "control characters")
	}
	return nil
}

// events returns the events of a batch that was received at an instant, or the first
// thing that is wrong with it.
func (b *batch) events(received time.Time, customer flywheel.CustomerID) ([]flywheel.Event, error) {
	for _, t := range []struct{ field, value string }{{"id", b.ID}, {"visitor", b.Visitor}, {"session", b.Session}} {
		if err := token(t.field, t.value); err != nil {
			return nil, err
		}
	}
	if len(b.Events) == 0 || len(b.Events) > mostEvents {
		return nil, &flywheel.FieldError{Field: "events", Err: fmt.Errorf("collect: %d are not 1 to %d: %w", len(b.Events), mostEvents, flywheel.ErrLimit)}
	}
	events := make([]flywheel.Event, len(b.Events))
	for i := range b.Events {
		field := func(name string) string { return fmt.Sprintf("events[%d].%s", i, name) }
		e, err := b.Events[i].event(field)
		if err != nil {
			return nil, err
		}
		// The browser's clock may be wrong, but how long ago it was is not.
		age := time.Duration(b.Sent-b.Events[i].At) * time.Millisecond
		if b.Sent < 0 || b.Events[i].At < 0 || b.Events[i].At > b.Sent || b.Sent-b.Events[i].At > mostAge.Milliseconds() {
			return nil, refuse(field("at"), "%d is not within %v before %d", b.Events[i].At, mostAge, b.Sent)
		}
		e.ID = eventid.Of("collect", b.Visitor, b.ID, fmt.Sprint(i))
		e.Time = received.Add(-age).UTC().Truncate(time.Microsecond)
		e.Customer, e.Visitor, e.Session = customer, flywheel.VisitorID(b.Visitor), b.Session
		events[i] = e
	}
	return events, nil
}

// event returns what was posted, without its name and time. Each type has its own
// fields; others are refused.
func (p *posted) event(field func(name string) string) (e flywheel.Event, err error) {
	if !slices.Contains([]string{"view", "search", "click", "scroll"}, p.Type) {
		return e, refuse(field("type"), "%q is unknown", p.Type)
	}
	e.Properties = map[string]any{}
	texts := []struct {
		name, value string
		types       string
	}{
		{PropertyPage, p.Page, "view search click scroll"}, {"sku", p.SKU, "view"}, {PropertyQuery, p.Query, "search"},
		{PropertySource, p.Source, "view"}, {PropertyMedium, p.Medium, "view"}, {PropertyCampaign, p.Campaign, "view"},
		{PropertyReferrer, p.Referrer, "view"}, {PropertySelector, p.Selector, "click"},
	}
	for _, t := range texts {
		if t.value == "" {
			continue
		}
		if !strings.Contains(t.types, p.Type) {
			return e, refuse(field(t.name), "%q has none", p.Type)
		}
		if err := text(field(t.name), t.value); err != nil {
			return e, err
		}
		if t.name != "sku" {
			e.Properties[t.name] = t.value
		}
	}
	for _, x := range []struct {
		name  string
		value *float64
		typ   string
	}{{PropertyX, p.X, "click"}, {PropertyY, p.Y, "click"}, {PropertyDepth, p.Depth, "scroll"}} {
		switch {
		case x.value == nil && p.Type == x.typ:
			return e, refuse(field(x.name), "missing")
		case x.value == nil:
			continue
		case p.Type != x.typ:
			return e, refuse(field(x.name), "%q has none", p.Type)
		case math.IsNaN(*x.value) || *x.value < 0 || *x.value > 1:
			return e, &flywheel.FieldError{Field: field(x.name), Err: fmt.Errorf("collect: %v is not between 0 and 1: %w", *x.value, flywheel.ErrOutOfRange)}
		}
		e.Properties[x.name] = *x.value
	}
	if !strings.HasPrefix(p.Page, "/") {
		return e, refuse(field(PropertyPage), "no path")
	}
	switch p.Type {
	case "view":
		if e.Name = EventPageView; p.SKU != "" {
			e.Name, e.Lines = flywheel.EventViewItem, []flywheel.Line{{SKU: flywheel.SKU(p.SKU)}}
			if err := flywheel.CheckID(p.SKU); err != nil {
				return e, &flywheel.FieldError{Field: field("sku"), Err: err}
			}
		}
	case "search":
		if e.Name = flywheel.EventSearch; p.Query == "" {
			return e, refuse(field(PropertyQuery), "missing")
		}
	case "click":
		e.Name = EventClick
	case "scroll":
		e.Name = EventScroll
	}
	return e, nil
}
