package live_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/segment/live"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// slow recounts everything from the events each time it is asked, written from
// the documentation alone: no state but the events and the links.
type slow struct {
	latest, anonymous bool
	events            []slowEvent
	zone              map[string]*time.Location
	attrs             map[string]map[string]any
	defs              map[string]live.Definition
}

type slowEvent struct {
	live.Entry
	at     time.Time // effective
	linked bool      // the event still links its customer and visitor
}

func (s *slow) add(e live.Entry, received time.Time, skew time.Duration) {
	at := e.Time
	if limit := received.Add(skew); limit.Before(at) {
		at = limit
	}
	s.events = append(s.events, slowEvent{e, at, e.Customer != "" && e.Visitor != ""})
}

func (s *slow) unlink(visitor flywheel.VisitorID, customer flywheel.CustomerID) {
	for i := range s.events {
		if s.events[i].Visitor == visitor && s.events[i].Customer == customer {
			s.events[i].linked = false
		}
	}
}

// person is whose event it is, or "".
func (s *slow) person(e *slowEvent) string {
	if e.Customer != "" {
		return string(e.Customer)
	}
	var first, last *slowEvent
	for i := range s.events {
		l := &s.events[i]
		if !l.linked || l.Visitor != e.Visitor {
			continue
		}
		if first == nil || order(l, first) < 0 {
			first = l
		}
		if !l.at.After(e.at) && (last == nil || order(l, last) > 0) {
			last = l
		}
	}
	switch {
	case first == nil && s.anonymous:
		return string(e.Visitor)
	case first == nil:
		return ""
	case s.latest && last != nil:
		return string(last.Customer)
	}
	return string(first.Customer)
}

func order(a, b *slowEvent) int {
	if c := a.at.Compare(b.at); c != 0 {
		return c
	}
	return int(a.Position) - int(b.Position)
}

// persons are the events of everybody, in order.
func (s *slow) persons() map[string][]*slowEvent {
	all := map[string][]*slowEvent{}
	for i := range s.events {
		if p := s.person(&s.events[i]); p != "" {
			all[p] = append(all[p], &s.events[i])
		}
	}
	for _, events := range all {
		slices.SortFunc(events, order)
	}
	return all
}

func (s *slow) member(segment, person string, events []*slowEvent, now time.Time) bool {
	d := s.defs[segment]
	return s.rule(d.Leaves, d.Rule, person, events, now)
}

func (s *slow) rule(leaves map[string]live.Leaf, src json.RawMessage, person string, events []*slowEvent, now time.Time) bool {
	attrs := map[string]any{}
	for name, l := range leaves {
		attrs[name] = s.leaf(&l, person, events, now)
	}
	return compiled(src).Match(attrs)
}

var rules = map[string]*rule.Rule{}

func compiled(src json.RawMessage) *rule.Rule {
	r := rules[string(src)]
	if r == nil {
		r = rule.MustCompile(string(src))
		rules[string(src)] = r
	}
	return r
}

func slowSpan(text string) time.Duration {
	d, err := caltime.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return time.Duration(d.Days)*24*time.Hour + d.Elapsed
}

func (s *slow) zoneOf(person string) *time.Location {
	if z := s.zone[person]; z != nil {
		return z
	}
	return time.UTC
}

// end is when a window that began with an event is over.
func (s *slow) end(l *live.Leaf, text, person string, at time.Time) time.Time {
	if l.Calendar {
		return caltime.StartOfDay(at, int(slowSpan(text)/(24*time.Hour)), s.zoneOf(person))
	}
	return at.Add(slowSpan(text))
}

func selected(e *slowEvent, names []string, where json.RawMessage) bool {
	if len(names) > 0 && !slices.Contains(names, e.Name) {
		return false
	}
	if len(where) == 0 {
		return true
	}
	attrs := map[string]any{"name": e.Name}
	for k, v := range e.Properties {
		attrs[k] = v
	}
	if !e.Value.Currency().IsZero() {
		attrs["value"] = float64(e.Value.Minor()) / 100
		attrs["currency"] = e.Value.Currency().String()
	}
	return compiled(where).Match(attrs)
}

func (s *slow) leaf(l *live.Leaf, person string, events []*slowEvent, now time.Time) any {
	switch {
	case l.Segment != "":
		return s.member(l.Segment, person, events, now)
	case l.Sample != "":
		return float64(live.SampleOf(l.Sample, person))
	case l.Attribute != "":
		return s.attrs[l.Attribute][person]
	}
	var matching []*slowEvent
	for _, e := range events {
		if l.Agg != live.Sequence && selected(e, l.Events, l.Where) && inBounds(e, l) {
			matching = append(matching, e)
		}
	}
	inside := func(e *slowEvent) bool {
		return (l.Window == "" || now.Before(s.end(l, l.Window, person, e.at))) && (l.Until == "" || !now.Before(s.end(l, l.Until, person, e.at)))
	}
	var in []*slowEvent
	for _, e := range matching {
		if inside(e) {
			in = append(in, e)
		}
	}
	switch l.Agg {
	case "", live.Count:
		return float64(len(in))
	case live.Started:
		return len(matching) > 0 && inside(matching[0])
	case live.Stopped:
		return len(matching) > 0 && inside(matching[len(matching)-1])
	case live.Resumed:
		return resumed(matching, now, slowSpan(l.Window), slowSpan(l.Gap))
	case live.Periods:
		return slowPeriods(matching, now, slowSpan(l.Window), slowSpan(l.Every))
	case live.Sequence:
		return s.sequence(l, events, now)
	case live.Groups:
		return s.groups(l, person, matching, now)
	}
	return slowAggregate(l, in)
}

func inBounds(e *slowEvent, l *live.Leaf) bool {
	return (l.From.IsZero() || !e.at.Before(l.From)) && (l.Before.IsZero() || e.at.Before(l.Before)) &&
		(l.Currency == "" || e.Value.Currency().String() == l.Currency)
}

func resumed(matching []*slowEvent, now time.Time, window, gap time.Duration) bool {
	var recent, silent, before bool
	for _, e := range matching {
		switch age := now.Sub(e.at); {
		case age < window:
			recent = true
		case age < window+gap:
			silent = true
		default:
			before = true
		}
	}
	return recent && !silent && before
}

func slowPeriods(matching []*slowEvent, now time.Time, window, every time.Duration) float64 {
	n := 0.0
	for k := time.Duration(0); (k+1)*every <= window; k++ {
		if slices.ContainsFunc(matching, func(e *slowEvent) bool {
			age := now.Sub(e.at)
			return age < (k+1)*every && (k == 0 || age >= k*every)
		}) {
			n++
		}
	}
	return n
}

func slowAggregate(l *live.Leaf, in []*slowEvent) any {
	var numbers []float64
	var texts []string
	for _, e := range in {
		if l.Of == "" || l.Of == "value" {
			if !e.Value.Currency().IsZero() {
				numbers = append(numbers, float64(e.Value.Minor())/100)
			}
			continue
		}
		switch v := e.Properties[l.Of].(type) {
		case float64:
			numbers = append(numbers, v)
		case string:
			texts = append(texts, v)
		}
	}
	switch l.Agg {
	case live.Sum, live.Mean:
		cents := 0.0 // the numbers of the test are whole cents
		for _, x := range numbers {
			cents += float64(int(x*100 + 0.5))
		}
		switch {
		case l.Agg == live.Sum:
			return cents / 100
		case len(numbers) == 0:
			return nil
		}
		return cents / 100 / float64(len(numbers))
	case live.Min, live.Max:
		if len(numbers) == 0 {
			return nil
		}
		if l.Agg == live.Min {
			return slices.Min(numbers)
		}
		return slices.Max(numbers)
	}
	if l.Agg == live.Distinct {
		seen := map[string]bool{}
		for _, x := range texts {
			seen[x] = true
		}
		return float64(len(seen))
	}
	if len(texts) == 0 {
		return nil
	}
	switch l.Agg {
	case live.First:
		return texts[0]
	case live.Last:
		return texts[len(texts)-1]
	}
	counts := map[string]int{}
	best := ""
	for _, x := range texts {
		counts[x]++
	}
	for x, n := range counts {
		if best == "" || n > counts[best] || n == counts[best] && x < best {
			best = x
		}
	}
	return best
}

// sequence finds, for every event that can be the last step, whether a chain
// leads to it, by trying all.
func (s *slow) sequence(l *live.Leaf, events []*slowEvent, now time.Time) float64 {
	steps, grace := l.Steps, time.Duration(0)
	if last := steps[len(steps)-1]; last.Not {
		grace = slowSpan(last.Within)
	}
	same := func(a, b *slowEvent) bool {
		for _, p := range l.Same {
			if a.Properties[p] != b.Properties[p] {
				return false
			}
		}
		return true
	}
	matches := func(e *slowEvent, i int) bool {
		for _, p := range l.Same {
			if e.Properties[p] == nil {
				return false
			}
		}
		return selected(e, steps[i].Events, steps[i].Where) && inBounds(e, l)
	}
	var chain func(e *slowEvent, i int) bool
	chain = func(e *slowEvent, i int) bool {
		if !matches(e, i) {
			return false
		}
		return i == 0 || slices.ContainsFunc(events, func(f *slowEvent) bool {
			return order(f, e) < 0 && same(f, e) && (steps[i].Within == "" || e.at.Sub(f.at) <= slowSpan(steps[i].Within)) && chain(f, i-1)
		})
	}
	final := len(steps) - 1
	if grace > 0 {
		final--
	}
	n := 0.0
	for _, e := range events {
		if !chain(e, final) {
			continue
		}
		complete := e.at.Add(grace)
		if grace > 0 && (now.Before(complete) || slices.ContainsFunc(events, func(f *slowEvent) bool {
			return matches(f, len(steps)-1) && same(f, e) && order(f, e) > 0 && !f.at.After(complete)
		})) {
			continue
		}
		if (l.Window == "" || now.Before(complete.Add(slowSpan(l.Window)))) && (l.Until == "" || !now.Before(complete.Add(slowSpan(l.Until)))) {
			n++
		}
	}
	return n
}

func (s *slow) groups(l *live.Leaf, person string, matching []*slowEvent, now time.Time) float64 {
	by := map[string][]*slowEvent{}
	for _, e := range matching {
		x, ok := e.Properties[l.By].(string)
		for _, inner := range l.Leaves {
			if ok && selected(e, inner.Events, inner.Where) && inBounds(e, &inner) {
				by[x] = append(by[x], e)
				break
			}
		}
	}
	n := 0.0
	for _, events := range by {
		if s.rule(l.Leaves, l.Rule, person, events, now) {
			n++
		}
	}
	return n
}

// instants are when time alone may change something about the events that are
// known: each plus every length that a definition names.
func (s *slow) instants() []time.Time {
	spans := map[time.Duration]bool{}
	days := map[int]bool{}
	note := func(l *live.Leaf) {}
	note = func(l *live.Leaf) {
		grace := time.Duration(0)
		if n := len(l.Steps); n > 0 && l.Steps[n-1].Not {
			grace = slowSpan(l.Steps[n-1].Within)
			spans[grace] = true
		}
		for _, text := range []string{l.Window, l.Until} {
			if text != "" && l.Calendar {
				days[int(slowSpan(text)/(24*time.Hour))] = true
			} else if text != "" {
				spans[slowSpan(text)+grace] = true
			}
		}
		if l.Gap != "" {
			spans[slowSpan(l.Window)+slowSpan(l.Gap)] = true
		}
		if l.Every != "" {
			for d := slowSpan(l.Every); d <= slowSpan(l.Window); d += slowSpan(l.Every) {
				spans[d] = true
			}
		}
		for _, inner := range l.Leaves {
			note(&inner)
		}
	}
	for _, d := range s.defs {
		for _, l := range d.Leaves {
			note(&l)
		}
	}
	var all []time.Time
	for _, e := range s.events {
		for d := range spans {
			all = append(all, e.at.Add(d))
		}
		for d := range days {
			for _, zone := range []string{"UTC", "America/New_York", "Asia/Kathmandu"} {
				loc, err := time.LoadLocation(zone)
				if err != nil {
					panic(zone + " " + strconv.Itoa(d))
				}
				all = append(all, caltime.StartOfDay(e.at, d, loc))
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}
