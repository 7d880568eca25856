package service_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
)

var berlin = &service.Calendar{Zone: "Europe/Berlin", Hours: []service.Span{{From: 540, To: 1020}}, Holidays: []string{"2026-04-03", "2026-04-06"}}

var sla = map[service.Priority]service.Target{
	"high": {First: 2 * time.Hour, Resolve: 8 * time.Hour},
	"low":  {First: 8 * time.Hour, Resolve: 40 * time.Hour},
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func newDesk(t require.TestingT) *service.Desk {
	d, err := service.NewDesk(berlin, sla)
	require.NoError(t, err)
	return d
}

func TestBusinessTime(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		from string
		span time.Duration
		want string
	}{
		{"2026-03-13T15:00:00Z", 2 * time.Hour, "2026-03-16T09:00:00Z"}, // over the weekend
		{"2026-03-13T15:00:00Z", time.Hour, "2026-03-13T16:00:00Z"},     // the end of the day, not the next morning
		{"2026-03-13T15:00:00Z", time.Hour + time.Microsecond, "2026-03-16T08:00:00.000001Z"},
		{"2026-03-14T10:00:00Z", time.Hour, "2026-03-16T09:00:00Z"},     // on a Saturday
		{"2026-03-16T03:00:00Z", time.Hour, "2026-03-16T09:00:00Z"},     // before the desk opens
		{"2026-04-02T14:30:00Z", time.Hour, "2026-04-07T07:30:00Z"},     // Good Friday and Easter Monday, and summer time
		{"2026-03-27T15:00:00Z", 2 * time.Hour, "2026-03-30T08:00:00Z"}, // the clocks change between
		{"2026-03-13T22:00:00Z", 0, "2026-03-13T22:00:00Z"},
	} {
		got := d.After(at(c.from), c.span)
		require.Equal(t, at(c.want), got, "%s + %v", c.from, c.span)
		if c.span > 0 {
			require.Equal(t, c.span, d.BusinessTime(at(c.from), got))
		}
	}
	require.Zero(t, d.BusinessTime(at("2026-03-16T10:00:00Z"), at("2026-03-16T09:00:00Z")))

	// A night that has 23 hours: all time counts, so the span is as long as it takes.
	whole, err := service.NewDesk(&service.Calendar{Zone: "Europe/Berlin", Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}, nil)
	require.NoError(t, err)
	require.Equal(t, 47*time.Hour, whole.BusinessTime(at("2026-03-28T23:00:00Z"), at("2026-03-30T22:00:00Z")))
	always, err := service.NewDesk(nil, nil)
	require.NoError(t, err)
	require.Equal(t, at("2026-03-15T03:00:00Z"), always.After(at("2026-03-14T22:00:00Z"), 5*time.Hour))
}

// Business time adds up, and After is where it has passed.
func TestBusinessTimeLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"}).Draw(t, "zone")
		c := &service.Calendar{Zone: zone, Holidays: []string{"2026-03-30", "2026-10-26"}}
		end := 0
		for range rapid.IntRange(0, 3).Draw(t, "spans") {
			from := end + rapid.IntRange(0, 180).Draw(t, "from")
			end = from + rapid.IntRange(60, 300).Draw(t, "length")
			c.Hours = append(c.Hours, service.Span{From: from, To: end})
		}
		d, err := service.NewDesk(c, nil)
		require.NoError(t, err)
		instant := func(name string) time.Time {
			return at("2026-03-20T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 250*24*3600).Draw(t, name)) * time.Second)
		}
		x, y, z := instant("x"), instant("y"), instant("z")
		if y.Before(x) {
			x, y = y, x
		}
		if z.Before(y) {
			y, z = z, y
		}
		if y.Before(x) {
			x, y = y, x
		}
		require.Equal(t, d.BusinessTime(x, z), d.BusinessTime(x, y)+d.BusinessTime(y, z))
		span := time.Duration(rapid.IntRange(1, 100*3600).Draw(t, "span")) * time.Second
		when := d.After(x, span)
		require.Equal(t, span, d.BusinessTime(x, when))
		require.Less(t, d.BusinessTime(x, when.Add(-time.Microsecond)), span, "the first such instant")
	})
}

// step moves a ticket and wants it to be as told.
type step struct {
	at     string
	do     string // an action, or "" to let time pass
	status service.Status
	// breached, first and resolve are what is told afterwards.
	breached, first, resolve string
}

func TestDesk(t *testing.T) {
	for name, c := range map[string]struct {
		opened, priority string
		steps            []step
	}{
		"the clock runs over business hours": {"2026-03-13T15:00:00Z", "high", []step{
			{"2026-03-13T15:00:00Z", "", service.Open, "", "2026-03-16T09:00:00Z", "2026-03-16T15:00:00Z"},
			{"2026-03-16T09:00:00Z", "reply", service.Open, "", "", "2026-03-16T15:00:00Z"}, // at that very second
			{"2026-03-16T15:00:00.9Z", "solve", service.Solved, "", "", ""},
			{"2026-03-16T15:00:01Z", "close", service.Closed, "", "", ""},
			{"2026-03-17T15:00:00Z", "close", service.Closed, "", "", ""},
		}},
		"waiting for the customer does not count": {"2026-03-10T09:00:00Z", "high", []step{
			{"2026-03-10T12:00:00Z", "wait", service.Waiting, "first", "", ""},
			{"2026-03-11T12:00:00Z", "reply", service.Waiting, "first", "", ""},
			{"2026-03-12T07:00:00Z", "customer", service.Open, "first", "", "2026-03-12T13:00:00Z"},
			{"2026-03-12T08:00:00Z", "customer", service.Open, "first", "", "2026-03-12T13:00:00Z"},
			{"2026-03-12T13:00:00Z", "", service.Open, "first", "", "2026-03-12T13:00:00Z"},
			{"2026-03-12T13:00:01Z", "solve", service.Solved, "first resolve", "", ""},
			{"2026-03-12T14:00:00Z", "solve", service.Solved, "first resolve", "", ""},
			{"2026-03-13T14:00:00Z", "customer", service.Open, "first resolve", "", "2026-03-13T14:00:00Z"}, // nothing is left: now
		}},
		"solved is an answer": {"2026-03-10T09:00:00Z", "high", []step{
			{"2026-03-10T10:00:00Z", "solve", service.Solved, "", "", ""},
			{"2026-03-17T10:00:00Z", "customer", service.Open, "", "", "2026-03-18T09:00:00Z"},
			{"2026-03-18T09:00:01Z", "", service.Open, "resolve", "", "2026-03-18T09:00:00Z"},
			{"2026-03-18T12:00:01Z", "wait", service.Waiting, "resolve", "", ""},
		}},
		"a ticket becomes urgent": {"2026-03-10T09:00:00Z", "low", []step{
			{"2026-03-10T09:00:00Z", "", service.Open, "", "2026-03-11T09:00:00Z", "2026-03-17T09:00:00Z"},
			{"2026-03-10T12:00:00Z", "high", service.Open, "first", "2026-03-10T11:00:00Z", "2026-03-11T09:00:00Z"},
			{"2026-03-11T09:00:00Z", "reply", service.Open, "first", "", "2026-03-11T09:00:00Z"},
			{"2026-03-11T09:00:01Z", "reply", service.Open, "first resolve", "", "2026-03-11T09:00:00Z"},
			{"2026-03-11T10:00:00Z", "low", service.Open, "first resolve", "", "2026-03-17T09:00:00Z"},
		}},
		"urgent after a pause, less what was used": {"2026-03-10T09:00:00Z", "low", []step{
			{"2026-03-10T12:00:00Z", "wait", service.Waiting, "", "", ""},
			{"2026-03-11T12:00:00Z", "high", service.Waiting, "", "", ""},
			{"2026-03-12T09:00:00Z", "customer", service.Open, "", "", "2026-03-12T14:00:00Z"},
			{"2026-03-12T10:00:00Z", "low", service.Open, "", "", "2026-03-18T14:00:00Z"},
			{"2026-03-13T12:00:00Z", "wait", service.Waiting, "", "", ""}, // 3 + 7 + 4 hours
			{"2026-03-16T09:00:00Z", "customer", service.Open, "", "", "2026-03-19T11:00:00Z"},
			{"2026-03-16T10:00:00Z", "high", service.Open, "", "", "2026-03-16T10:00:00Z"}, // nothing is left: now
			{"2026-03-16T10:00:01Z", "", service.Open, "resolve", "", "2026-03-16T10:00:00Z"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			ticket, err := d.Open(service.Ticket{ID: "t", Priority: service.Priority(c.priority)}, at(c.opened))
			require.NoError(t, err)
			for i, s := range c.steps {
				now := at(s.at)
				switch s.do {
				case "":
					ticket = d.Advance(ticket, now)
				case "reply", "wait":
					ticket, err = d.Reply(ticket, s.do == "wait", now)
				case "customer":
					ticket, err = d.Wrote(ticket, now)
				case "solve":
					ticket, err = d.Solve(ticket, now)
				case "close":
					ticket, err = d.Close(ticket, now)
				default:
					ticket, err = d.Prioritize(ticket, service.Priority(s.do), now)
				}
				require.NoError(t, err, "step %d", i)
				due := func(t time.Time) string {
					if t.IsZero() {
						return ""
					}
					return t.UTC().Format(time.RFC3339)
				}
				var breached []string
				for _, b := range ticket.Breached {
					breached = append(breached, string(b))
				}
				require.Equal(t, s, step{s.at, s.do, ticket.Status, strings.Join(breached, " "), due(ticket.FirstDue), due(ticket.ResolveDue)}, "step %d", i)
			}
		})
	}
}

func TestDeskRefuses(t *testing.T) {
	d, now := newDesk(t), at("2026-03-10T09:00:00Z")
	open, err := d.Open(service.Ticket{ID: "t", Priority: "high"}, now)
	require.NoError(t, err)
	for _, priority := range []service.Priority{"", "urgent"} {
		_, err = d.Open(service.Ticket{ID: "t", Priority: priority}, now)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		got, err := d.Prioritize(open, priority, now)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		require.Equal(t, open, got)
	}
	got, err := d.Close(open, now)
	require.ErrorIs(t, err, service.ErrStatus)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	require.Equal(t, open, got)
	solved, err := d.Solve(open, now)
	require.NoError(t, err)
	closed, err := d.Close(solved, now)
	require.NoError(t, err)
	for name, call := range map[string]func() (service.Ticket, error){
		"reply":    func() (service.Ticket, error) { return d.Reply(closed, true, now) },
		"customer": func() (service.Ticket, error) { return d.Wrote(closed, now) },
		"solve":    func() (service.Ticket, error) { return d.Solve(closed, now) },
		"priority": func() (service.Ticket, error) { return d.Prioritize(closed, "low", now) },
	} {
		got, err := call()
		var status *service.StatusError
		require.ErrorAs(t, err, &status, name)
		require.Equal(t, service.StatusError{Ticket: "t", Call: name, Status: service.Closed}, *status)
		require.Equal(t, closed, got)
	}
	for field, c := range map[string]*service.Calendar{
		"calendar.zone":        {Zone: "Europe/Atlantis"},
		"calendar.days[1]":     {Days: []time.Weekday{1, 7}},
		"calendar.hours[0]":    {Hours: []service.Span{{From: 600, To: 600}}},
		"calendar.hours[1]":    {Hours: []service.Span{{From: 600, To: 700}, {From: 699, To: 800}}},
		"calendar.holidays[0]": {Holidays: []string{"2026-02-29"}},
	} {
		_, err := service.NewDesk(c, nil)
		var wrong *flywheel.FieldError
		require.ErrorAs(t, err, &wrong, field)
		require.Equal(t, field, wrong.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
	_, err = service.NewDesk(nil, map[service.Priority]service.Target{"x": {First: -1}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = service.NewDesk(berlin, map[service.Priority]service.Target{"x": {Resolve: 20801 * time.Hour}}) // ten years of 40 hours a week
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	for _, bad := range [][2]string{{"9:00", "17:00"}, {"09:00", "24:01"}, {"09:60", "17:00"}, {"09-00", "17:00"}, {"0x:00", "17:00"}} {
		_, err := service.ParseSpan(bad[0], bad[1])
		require.ErrorIs(t, err, flywheel.ErrInvalid, bad)
	}
}

// Whatever is done, a due time is told only while its clock runs, what is used is
// the business time in which the ticket was open, and a breach is never lost.
func TestDeskLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, now := newDesk(t), at("2026-03-10T09:00:00Z")
		ticket, err := d.Open(service.Ticket{ID: "t", Priority: "high"}, now)
		require.NoError(t, err)
		used := time.Duration(0)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			before := ticket
			next := now.Add(time.Duration(rapid.IntRange(0, 50*3600).Draw(t, "seconds")) * time.Second)
			if ticket.Status == service.Open {
				used += d.BusinessTime(now, next)
			}
			now = next
			switch rapid.IntRange(0, 6).Draw(t, "do") {
			case 0:
				ticket, err = d.Reply(ticket, false, now)
			case 1:
				ticket, err = d.Reply(ticket, true, now)
			case 2:
				ticket, err = d.Wrote(ticket, now)
			case 3:
				ticket, err = d.Solve(ticket, now)
			case 4:
				ticket, err = d.Close(ticket, now)
			case 5:
				ticket, err = d.Prioritize(ticket, rapid.SampledFrom([]service.Priority{"high", "low"}).Draw(t, "priority"), now)
			case 6:
				err = nil
				ticket = d.Advance(ticket, now)
			}
			if err != nil {
				require.ErrorIs(t, err, service.ErrStatus)
				require.Equal(t, before, ticket)
				continue
			}
			require.Equal(t, ticket.Status == service.Open, !ticket.ResolveDue.IsZero())
			require.Equal(t, ticket.Answered.IsZero(), !ticket.FirstDue.IsZero())
			if ticket.Status != service.Open {
				require.Equal(t, used, ticket.Used)
			}
			require.ElementsMatch(t, before.Breached, ticket.Breached[:len(before.Breached)])
			require.LessOrEqual(t, len(ticket.Breached), 2)
			if !ticket.Due.IsZero() {
				require.Less(t, len(ticket.Breached), 2)
				require.True(t, now.Before(ticket.Due), "what is late is told")
			}
		}
	})
}

func BenchmarkAfter(b *testing.B) {
	d := newDesk(b)
	from := at("2026-03-10T09:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		_ = d.After(from, 40*time.Hour)
	}
}
