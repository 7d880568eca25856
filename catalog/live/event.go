package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// State is how far an event is.
type State string

// The states.
const (
	Scheduled State = "scheduled"
	Live      State = "live"
	Ended     State = "ended"
	Canceled  State = "canceled"
)

// Slot is a product of an event.
type Slot struct {
	ID      string         `json:"id"`
	Title   string         `json:"title,omitempty"`
	Product string         `json:"product"`
	SKUs    []flywheel.SKU `json:"skus"`
	// Price is what a unit costs while the event is live, Percent what is taken off
	// instead; neither leaves the price as it is.
	Price   money.Price `json:"price,omitzero"`
	Percent money.Rate  `json:"percent,omitzero"`
	// Quota is how many units of its one SKU are held for the event; 0 holds none, and
	// any number may be claimed.
	Quota int64 `json:"quota,omitempty"`
}

// Mark says what was shown when, from the start of the event on.
type Mark struct {
	Offset time.Duration `json:"offset"`
	Slot   string        `json:"slot"`
}

// Event is one live event. Its slices are shared with nobody.
type Event struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	Host  string `json:"host,omitempty"`
	// Starts and Ends are the plan, StartedAt and EndedAt what happened. An event that
	// nobody ends is ended by [Service.Advance] at Ends.
	Starts    time.Time `json:"starts"`
	Ends      time.Time `json:"ends"`
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	State     State     `json:"state"`
	Slots     []Slot    `json:"slots"`
	// Attribute, when set, names the attribute of a basket that holds the event's ID
	// where its prices hold; without one they hold for everybody.
	Attribute string `json:"attribute,omitempty"`
	Marks     []Mark `json:"marks,omitempty"`
	// Recording is the address of the replay.
	Recording string `json:"recording,omitempty"`
	// Version counts the saves; 0 is an event that is not stored.
	Version int64 `json:"version"`
}

// The bounds of an event.
const (
	MaxSlots    = 500
	MaxMarks    = 5000
	MaxDuration = 24 * time.Hour
	maxQuota    = 1 << 40
)

// Clone returns a copy that shares no memory with e.
func (e Event) Clone() Event {
	e.Slots = slices.Clone(e.Slots)
	for i := range e.Slots {
		e.Slots[i].SKUs = slices.Clone(e.Slots[i].SKUs)
	}
	e.Marks = slices.Clone(e.Marks)
	return e
}

// Normal returns e as stores keep it: times in UTC to the microsecond, empty slices
// nil. It shares the slices with e. It is for authors of stores.
func (e Event) Normal() Event {
	for _, t := range []*time.Time{&e.Starts, &e.Ends, &e.StartedAt, &e.EndedAt} {
		if *t = t.UTC().Truncate(time.Microsecond); t.IsZero() {
			*t = time.Time{}
		}
	}
	if len(e.Slots) == 0 {
		e.Slots = nil
	}
	if len(e.Marks) == 0 {
		e.Marks = nil
	}
	return e
}

// Due returns when time alone ends the event, zero for never.
func (e *Event) Due() time.Time {
	if e.State == Live || e.State == Scheduled {
		return e.Ends
	}
	return time.Time{}
}

// Slot returns the slot of that ID; ok is false where there is none.
func (e *Event) Slot(id string) (s Slot, ok bool) {
	for i := range e.Slots {
		if e.Slots[i].ID == id {
			return e.Slots[i], true
		}
	}
	return s, false
}

// check reports what is wrong with e as a [*flywheel.FieldError].
func (e *Event) check() error {
	fail := func(name string, kind error, format string, args ...any) error {
		return fmt.Errorf("live: %w", &flywheel.FieldError{Field: name, Err: fmt.Errorf(format+": %w", append(args, kind)...)})
	}
	if err := flywheel.CheckID(e.ID); err != nil {
		return fmt.Errorf("live: %w", &flywheel.FieldError{Field: "id", Err: err})
	}
	switch {
	case len(e.ID) > 100: // names of promotions and reservations hold it
		return fail("id", flywheel.ErrLimit, "%d bytes, at most 100", len(e.ID))
	case e.Starts.IsZero() || !e.Starts.Before(e.Ends) || e.Ends.Sub(e.Starts) > MaxDuration:
		return fail("ends", flywheel.ErrOutOfRange, "%v is not within a day after %v", e.Ends, e.Starts)
	case len(e.Slots) > MaxSlots:
		return fail("slots", flywheel.ErrLimit, "%d, at most %d", len(e.Slots), MaxSlots)
	case len(e.Title) > 1000 || len(e.Host) > 1000 || len(e.Recording) > 2048 || len(e.Attribute) > 64:
		return fail("title", flywheel.ErrLimit, "title, host, recording or attribute is too long")
	}
	for i, s := range e.Slots {
		at := fmt.Sprintf("slots[%d].", i)
		if err := flywheel.CheckID(s.ID); err != nil {
			return fmt.Errorf("live: %w", &flywheel.FieldError{Field: at + "id", Err: err})
		}
		if slices.ContainsFunc(e.Slots[:i], func(o Slot) bool { return o.ID == s.ID }) {
			return fail(at+"id", flywheel.ErrInvalid, "%q is there twice", s.ID)
		}
		for j, sku := range s.SKUs {
			if err := flywheel.CheckID(string(sku)); err != nil {
				return fmt.Errorf("live: %w", &flywheel.FieldError{Field: fmt.Sprintf("%sskus[%d]", at, j), Err: err})
			}
		}
		switch {
		case len(s.ID) > 100:
			return fail(at+"id", flywheel.ErrLimit, "%d bytes, at most 100", len(s.ID))
		case len(s.SKUs) == 0 || len(s.SKUs) > 2048:
			return fail(at+"skus", flywheel.ErrInvalid, "%d", len(s.SKUs))
		case !s.Price.Currency().IsZero() && !s.Percent.IsZero():
			return fail(at+"percent", flywheel.ErrInvalid, "beside a price")
		case s.Price.Sign() < 0:
			return fail(at+"price", flywheel.ErrOutOfRange, "%v is negative", s.Price)
		case s.Percent.Sign() < 0 || s.Percent.Cmp(money.Percent(100)) > 0:
			return fail(at+"percent", flywheel.ErrOutOfRange, "%v is not from 0 to 1", s.Percent)
		case s.Quota < 0 || s.Quota > maxQuota:
			return fail(at+"quota", flywheel.ErrOutOfRange, "%d", s.Quota)
		case s.Quota > 0 && len(s.SKUs) != 1:
			return fail(at+"quota", flywheel.ErrInvalid, "of %d SKUs; a quota is of one", len(s.SKUs))
		}
	}
	return nil
}

// Promotions returns the prices of the event as the documents that package pricing
// reads: one for each slot with a price, from the start on until the event ends. They
// hold beyond a quota, since who has claimed has not paid yet; where only claimed
// units may have the price, name an Attribute and set it on baskets with a claim.
func (e *Event) Promotions() ([]json.RawMessage, error) {
	starts, ends := e.Starts, e.Ends
	if !e.StartedAt.IsZero() {
		starts = e.StartedAt
	}
	if !e.EndedAt.IsZero() {
		ends = e.EndedAt
	}
	var documents []json.RawMessage
	for _, s := range e.Slots {
		if s.Price.Currency().IsZero() && s.Percent.IsZero() {
			continue
		}
		d, err := e.promotion(s, starts, ends)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return documents, nil
}

func (e *Event) promotion(s Slot, starts, ends time.Time) (json.RawMessage, error) {
	var when json.RawMessage
	if e.Attribute != "" {
		text, err := json.Marshal(map[string]string{e.Attribute: e.ID})
		if err != nil {
			return nil, err
		}
		when = text
	}
	if !starts.Before(ends) {
		starts = ends.Add(-time.Microsecond) // it ended when it began
	}
	return json.Marshal(struct {
		ID      string          `json:"id"`
		Percent money.Rate      `json:"percent,omitzero"`
		Price   money.Price     `json:"price,omitzero"`
		SKUs    []flywheel.SKU  `json:"skus"`
		When    json.RawMessage `json:"when,omitempty"`
		Starts  time.Time       `json:"starts"`
		Ends    time.Time       `json:"ends"`
	}{name(e.ID, s.ID), s.Percent, s.Price, s.SKUs, when, starts, ends})
}

// QuotaRef names the reservation that holds the rest of a slot's quota.
func QuotaRef(event, slot string) string { return name(event, slot) }

var escape = strings.NewReplacer("%", "%25", ":", "%3A")

func name(event, slot string) string {
	return "live:" + escape.Replace(event) + ":" + escape.Replace(slot)
}

// Chapter is a part of a replay.
type Chapter struct {
	From time.Duration `json:"from"`
	// To is where the next chapter begins, or the recording ends.
	To    time.Duration `json:"to"`
	Slot  string        `json:"slot"`
	Title string        `json:"title"`
}

// Replay returns the chapters of the recording, one from each mark to the next.
// Marks of a slot that follow each other are one chapter.
func (e *Event) Replay() (chapters []Chapter) {
	end := e.EndedAt
	if end.IsZero() {
		end = e.Ends
	}
	length := end.Sub(e.StartedAt)
	for _, m := range e.Marks {
		last := len(chapters) - 1
		if last >= 0 && chapters[last].Slot == m.Slot {
			continue
		}
		if last >= 0 {
			chapters[last].To = m.Offset
		}
		s, _ := e.Slot(m.Slot)
		title := s.Title
		if title == "" {
			title = s.Product
		}
		chapters = append(chapters, Chapter{From: m.Offset, To: length, Slot: m.Slot, Title: title})
	}
	return chapters
}
