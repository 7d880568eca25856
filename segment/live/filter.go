package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// fields are the names by which a condition asks for what is no property.
var fields = []string{"id", "name", "time", "customer", "visitor", "session", "ref", "value", "currency", "skus"}

// filter selects events of a name.
type filter struct {
	names    []string // sorted; nil selects all
	property string   // one equality with a text, for the index
	text     string
	rest     *rule.Rule // nil when the equality is all there is
	plain    bool       // rest asks for properties only
	currency string
	from     int64
	before   int64
	source   string // canonical, for sharing
}

// newFilter compiles what selects events.
func newFilter(events []string, where json.RawMessage, currency string, from, before time.Time) (filter, error) {
	f := filter{currency: currency, from: math.MinInt64, before: never}
	for _, name := range events {
		if err := flywheel.CheckID(name); err != nil {
			return f, fmt.Errorf("events: %w", err)
		}
	}
	f.names = slices.Clone(events)
	slices.Sort(f.names)
	f.names = slices.Compact(f.names)
	if !from.IsZero() {
		f.from = from.UnixMicro()
	}
	if !before.IsZero() {
		f.before = before.UnixMicro()
	}
	if f.from >= f.before {
		return f, fmt.Errorf("from %v is not before %v: %w", from, before, flywheel.ErrInvalid)
	}
	source := "{}"
	if len(where) > 0 {
		compiled, err := rule.Compile(where, nil)
		if err != nil {
			return f, fmt.Errorf("where: %w", err)
		}
		source = compiled.String()
		f.rest, f.plain = compiled, true
		for _, path := range compiled.Paths() {
			head, _, _ := cutPath(path)
			f.plain = f.plain && !slices.Contains(fields, head)
		}
		f.index(where)
	}
	names, _ := json.Marshal(f.names)
	f.source = fmt.Sprintf("%s %s %q %d %d", names, source, currency, f.from, f.before)
	return f, nil
}

func cutPath(path string) (head, rest string, dotted bool) {
	if i := bytes.IndexByte([]byte(path), '.'); i >= 0 {
		return path[:i], path[i+1:], true
	}
	return path, "", false
}

// index takes one equality out of a condition, the first in order of names.
func (f *filter) index(where json.RawMessage) {
	var members map[string]json.RawMessage
	if json.Unmarshal(where, &members) != nil {
		return
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if _, _, dotted := cutPath(name); dotted || name[0] == '$' || slices.Contains(fields, name) {
			continue
		}
		var text string
		if raw := bytes.TrimSpace(members[name]); raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
			continue
		}
		f.property, f.text = name, text
		if len(members) == 1 {
			f.rest = nil
		}
		return
	}
}

// reading is an event as filters see it.
type reading struct {
	*flywheel.Event
	at         int64 // effective
	seq        uint64
	passive    bool
	attributes map[string]any // made when first asked for
}

// takes reports whether an event of one of the names, with the indexed
// equality, is selected.
func (f *filter) takes(e *reading) bool {
	if e.at < f.from || e.at >= f.before {
		return false
	}
	if f.currency != "" && e.Value.Currency().String() != f.currency {
		return false
	}
	switch {
	case f.rest == nil:
		return true
	case f.plain:
		return f.rest.Match(e.Properties)
	}
	return f.rest.Match(e.all())
}

// selects is takes without an index.
func (f *filter) selects(e *reading) bool {
	if f.names != nil {
		if _, found := slices.BinarySearch(f.names, e.Name); !found {
			return false
		}
	}
	if f.property != "" {
		if text, ok := e.Properties[f.property].(string); !ok || text != f.text {
			return false
		}
	}
	return f.takes(e)
}

// all returns the properties and fields of the event.
func (e *reading) all() map[string]any {
	if e.attributes != nil {
		return e.attributes
	}
	m := make(map[string]any, len(e.Properties)+len(fields))
	for k, v := range e.Properties {
		m[k] = v
	}
	text := func(name, value string) {
		if value != "" {
			m[name] = value
		}
	}
	text("id", e.ID)
	text("name", e.Name)
	text("customer", string(e.Customer))
	text("visitor", string(e.Visitor))
	text("session", e.Session)
	text("ref", e.Ref)
	m["time"] = time.UnixMicro(e.at).UTC().Format("2006-01-02T15:04:05.000000Z")
	if c := e.Value.Currency(); !c.IsZero() {
		m["value"] = float64(e.Value.Minor()) / math.Pow10(c.Digits())
		m["currency"] = c.String()
	}
	if len(e.Lines) > 0 {
		skus := make([]any, len(e.Lines))
		for i := range e.Lines {
			skus[i] = string(e.Lines[i].SKU)
		}
		m["skus"] = skus
	}
	e.attributes = m
	return m
}

// micro is the unit of numbers: sums are exact in millionths.
const micro = 1_000_000

// maxNumber bounds a number that is aggregated.
const maxNumber = 9_000_000_000_000

// number returns what is taken of the event in millionths. An event without the
// number, or with one beyond nine million million, has none.
func (e *reading) number(of string) (int64, bool) {
	if of == "value" {
		c := e.Value.Currency()
		if c.IsZero() {
			f, ok := e.Properties["value"].(float64)
			return toMicro(f, ok)
		}
		scale := int64(micro)
		for range c.Digits() {
			scale /= 10
		}
		minor := e.Value.Minor()
		if scale == 0 || minor > maxNumber*micro/scale || minor < -maxNumber*micro/scale {
			return 0, false
		}
		return minor * scale, true
	}
	f, ok := e.Properties[of].(float64)
	return toMicro(f, ok)
}

func toMicro(f float64, ok bool) (int64, bool) {
	if !ok || math.IsNaN(f) || math.Abs(f) > maxNumber {
		return 0, false
	}
	return int64(math.Round(f * micro)), true
}

// values appends the scalars that are taken of the event.
func (e *reading) values(into []any, of string) []any {
	var x any
	if slices.Contains(fields, of) {
		x = e.all()[of]
	} else {
		x = e.Properties[of]
	}
	return scalars(into, x)
}

func scalars(into []any, x any) []any {
	switch x := x.(type) {
	case string, bool:
		into = append(into, x)
	case float64:
		if !math.IsNaN(x) {
			into = append(into, x)
		}
	case []any:
		for _, element := range x {
			switch element.(type) {
			case string, bool, float64:
				into = scalars(into, element)
			}
		}
	}
	return into
}

// texts numbers the scalars that are seen, and orders them: by their text.
type texts struct {
	numbers map[any]int64
	values  []any
}

func (t *texts) number(x any) int64 {
	n, ok := t.numbers[x]
	if !ok {
		if t.numbers == nil {
			t.numbers = map[any]int64{}
		}
		n = int64(len(t.values))
		t.numbers[x] = n
		t.values = append(t.values, x)
	}
	return n
}

// text is how a scalar is written and ordered.
func text(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

func (t *texts) less(a, b int64) bool { return text(t.values[a]) < text(t.values[b]) }
