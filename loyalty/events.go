package loyalty

import (
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Properties of the events of points, beside "points": enough to repeat the
// operation elsewhere. Numbers that a float64 does not hold are text.
const (
	propertyPoints      = "points"
	propertyKey         = "key"
	propertyKind        = "kind"
	propertyOf          = "of"
	propertyAvailableAt = "available_at"
	propertyExpiresAt   = "expires_at"
	propertyQualifying  = "qualifying"
	propertyMultiplier  = "multiplier"
	propertyFrom        = "from"
	propertyTo          = "to"
)

var eventNames = map[Kind]string{
	Earn:        flywheel.EventPointsEarned,
	Burn:        flywheel.EventPointsBurned,
	ReverseEarn: flywheel.EventPointsReversed,
	ReverseBurn: flywheel.EventPointsReversed,
}

// events tells what the operation did: the points unless there were none, and
// the new tier if it led to one.
func (r *Receipt) events() []flywheel.Event {
	var events []flywheel.Event
	if r.Outcome.Points > 0 {
		events = append(events, r.pointsEvent())
	}
	if r.Outcome.TierTo != "" {
		events = append(events, tierChanged(r.Member, r.Key, r.At, r.Outcome.TierFrom, r.Outcome.TierTo))
	}
	return events
}

func (r *Receipt) pointsEvent() flywheel.Event {
	name := eventNames[r.Kind]
	properties := map[string]any{
		propertyPoints: float64(r.Outcome.Points), propertyKey: r.Key, propertyKind: string(r.Kind),
	}
	text := func(property, value string) {
		if value != "" {
			properties[property] = value
		}
	}
	text(propertyOf, r.Of)
	if !r.AvailableAt.IsZero() {
		text(propertyAvailableAt, r.AvailableAt.UTC().Format(time.RFC3339Nano))
	}
	if !r.ExpiresAt.IsZero() {
		text(propertyExpiresAt, r.ExpiresAt.UTC().Format(time.RFC3339Nano))
	}
	if r.Qualifying != 0 {
		text(propertyQualifying, strconv.FormatInt(r.Qualifying, 10))
	}
	if !r.Multiplier.IsZero() {
		text(propertyMultiplier, r.Multiplier.String())
	}
	return flywheel.Event{
		ID: eventid.Of(name, string(r.Member), r.Key), Name: name, Time: r.At, Customer: r.Member,
		Ref: r.Key, Value: r.Spend, Properties: properties,
	}
}

func tierChanged(member flywheel.CustomerID, cause string, at time.Time, from, to string) flywheel.Event {
	return flywheel.Event{
		ID:   eventid.Of(flywheel.EventTierChanged, string(member), cause),
		Name: flywheel.EventTierChanged, Time: at, Customer: member,
		Properties: map[string]any{propertyFrom: from, propertyTo: to},
	}
}

// operationOf reads what [Receipt.events] writes; ok is false for an event of
// another make.
func operationOf(e *flywheel.Event) (op Operation, ok bool) {
	ok = true
	text := func(property string) string {
		s, _ := e.Properties[property].(string)
		return s
	}
	at := func(property string) (t time.Time) {
		if s := text(property); s != "" {
			var err error
			t, err = time.Parse(time.RFC3339Nano, s)
			ok = ok && err == nil
		}
		return t
	}
	points, isNumber := e.Properties[propertyPoints].(float64)
	op = Operation{
		Member: e.Customer, Key: text(propertyKey), Kind: Kind(text(propertyKind)), Points: int64(points),
		Of: text(propertyOf), At: e.Time, AvailableAt: at(propertyAvailableAt), ExpiresAt: at(propertyExpiresAt),
		Spend: e.Value,
	}
	if s := text(propertyQualifying); s != "" {
		var err error
		op.Qualifying, err = strconv.ParseInt(s, 10, 64)
		ok = ok && err == nil
	}
	if s := text(propertyMultiplier); s != "" {
		var err error
		op.Multiplier, err = money.ParseRate(s)
		ok = ok && err == nil
	}
	ok = ok && isNumber && float64(int64(points)) == points && eventNames[op.Kind] == e.Name && op.validate() == nil
	return op, ok
}
