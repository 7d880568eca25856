package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

func TestLaunchRefusals(t *testing.T) {
	good := func() Journey {
		return Journey{ID: "j", Trigger: Trigger{Event: "in"}, Steps: []Step{
			wait("w", time.Hour), mail("m"), {ID: "if", Condition: &Condition{If: rule.MustCompile(`{}`)}},
			{ID: "we", WaitEvent: &WaitEvent{Event: "x"}},
		}}
	}
	cases := map[string]func(j *Journey){
		"no id":                func(j *Journey) { j.ID = "" },
		"negative version":     func(j *Journey) { j.Version = -1 },
		"no trigger":           func(j *Journey) { j.Trigger.Event = "" },
		"policy":               func(j *Journey) { j.Reentry.Policy = "sometimes" },
		"cooldown":             func(j *Journey) { j.Reentry.Cooldown.Days = -1 },
		"exit without name":    func(j *Journey) { j.ExitOn = []ExitOn{{}} },
		"step without id":      func(j *Journey) { j.Steps[0].ID = "" },
		"step twice":           func(j *Journey) { j.Steps[1].ID = "w" },
		"no action":            func(j *Journey) { j.Steps[1].Send = nil },
		"two actions":          func(j *Journey) { j.Steps[1].Exit = "x" },
		"negative wait":        func(j *Journey) { j.Steps[0].Wait.Duration.Time = -1 },
		"weekday":              func(j *Journey) { j.Steps[0].Wait = &Wait{Until: At(1, 0), Weekdays: []int{0}} },
		"weekday alone":        func(j *Journey) { j.Steps[0].Wait.Weekdays = []int{1} },
		"no channel":           func(j *Journey) { j.Steps[1].Send.Channel = "" },
		"on cap":               func(j *Journey) { j.Steps[1].Send.OnCap = "drop" },
		"late":                 func(j *Journey) { j.Late = &Late{Duration{Days: -1}} },
		"late send":            func(j *Journey) { j.Steps[1].Send.Late = &Late{Duration{Days: -1}} },
		"no event":             func(j *Journey) { j.Steps[3].WaitEvent.Event = "" },
		"timeout":              func(j *Journey) { j.Steps[3].WaitEvent.Timeout.Days = -1 },
		"empty subject":        func(j *Journey) { j.Steps[3].WaitEvent.Subject = []string{""} },
		"limit alone":          func(j *Journey) { j.Steps[3].WaitEvent.Limit = "units" },
		"unprintable exit":     func(j *Journey) { j.Steps[1] = Step{ID: "e", Exit: "\x00"} },
		"jump nowhere":         func(j *Journey) { j.Steps[1].Next = "nowhere" },
		"branch nowhere":       func(j *Journey) { j.Steps[2].Condition.Else = "nowhere" },
		"timeout nowhere":      func(j *Journey) { j.Steps[3].WaitEvent.OnTimeout = "nowhere" },
		"spin":                 func(j *Journey) { j.Steps[2].Condition.Then = "m" },
		"spin over until":      func(j *Journey) { j.Steps[0].Wait = &Wait{Until: At(1, 0)}; j.Steps[1].Next = "w" },
		"condition without if": func(j *Journey) { j.Steps[2].Condition.If = nil },
	}
	ctx := t.Context()
	engine, err := New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, engine.Launch(ctx, good(), nil))
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		j := good()
		j.ID = "other"
		cases[name](&j)
		err := engine.Launch(ctx, j, nil)
		require.True(t, errors.Is(err, flywheel.ErrInvalid) || errors.Is(err, flywheel.ErrOutOfRange), "%s: %v", name, err)
	}
	require.NoError(t, engine.Launch(ctx, good(), nil), "the same again")
	changed := good()
	changed.Steps = changed.Steps[:2]
	require.ErrorIs(t, engine.Launch(ctx, changed, nil), flywheel.ErrConflict)
	_, err = New(nil, &Options{Journeys: []Journey{changed, good()}})
	require.ErrorIs(t, err, flywheel.ErrConflict)
	_, err = engine.Launched(ctx, "other")
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	changed.Version = 2
	require.ErrorIs(t, engine.Launch(ctx, changed, &LaunchOptions{EntriesFrom: begin}), flywheel.ErrInvalid, "no log")
	for from, to := range map[string]string{"w": "m", "m": "w", "nowhere": "w", "we": "w"} {
		err := engine.Launch(ctx, changed, &LaunchOptions{Migrate: map[string]string{from: to}})
		require.ErrorIs(t, err, flywheel.ErrInvalid, from)
		var field *flywheel.FieldError
		require.ErrorAs(t, err, &field)
		require.Equal(t, "migrate."+from, field.Field)
	}
	a, err := engine.Launched(ctx, "j")
	require.NoError(t, err)
	require.Equal(t, 1, a.Launched.Version)
	for _, act := range []func(context.Context, ID) error{engine.Pause, engine.Resume, engine.Retire} {
		require.ErrorIs(t, act(ctx, "other"), flywheel.ErrNotFound)
	}
	require.ErrorIs(t, engine.Cancel(ctx, "other"), flywheel.ErrNotFound)

	// Another engine on the store refuses another journey under a known version.
	second, err := New(engine.store, &Options{Journeys: []Journey{{ID: "j", Trigger: Trigger{Event: "x"}}}})
	require.NoError(t, err)
	_, err = second.Advance(ctx, begin)
	require.ErrorIs(t, err, flywheel.ErrConflict)
}

// durable is a store that is not in memory.
type durable struct{ *MemoryStore }

type handleOfNobody struct{ flywheel.Transactor }

func (durable) Handle() flywheel.Transactor { return handleOfNobody{} }

func TestNewRefuses(t *testing.T) {
	_, err := New(durable{}, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = New(nil, &Options{Lateness: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	for name, policy := range map[string]Policy{
		"cap":    {Caps: []Cap{{Max: 0, Per: CalendarDay}}},
		"late":   {Late: &Late{Duration{Days: -1}}},
		"retry":  {Retry: []Duration{{Months: 1}}},
		"jitter": {Jitter: math.NaN()},
		"on cap": {OnCap: "drop"},
	} {
		_, err := New(nil, &Options{Policy: policy})
		require.True(t, errors.Is(err, flywheel.ErrInvalid) || errors.Is(err, flywheel.ErrOutOfRange), "%s: %v", name, err)
	}
}

// A SQL database keeps what was sent, so the sender is no default.
func TestDurableStoreNeedsASender(t *testing.T) {
	_, err := New(inSQL{}, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorContains(t, err, "Sender")
}

type inSQL struct{ *MemoryStore }

func (inSQL) Handle() flywheel.Transactor { return flywheel.OpenSQL(nil, flywheel.SQLite) }

// An act in a transaction that is rolled back never was, not in memory either; one
// of another process is noticed.
func TestActsFollowTheStore(t *testing.T) {
	ctx := t.Context()
	db := &flywheel.Memory{}
	store := NewMemory(db)
	one, err := New(store, nil)
	require.NoError(t, err)
	two, err := New(store, nil)
	require.NoError(t, err)
	j := Journey{ID: "j", Trigger: Trigger{Event: "in"}, Steps: []Step{mail("m")}}
	err = db.InTx(ctx, func(ctx context.Context) error {
		require.NoError(t, one.Launch(ctx, j, nil))
		_, err := one.Launched(ctx, "j")
		require.NoError(t, err, "seen within the transaction")
		return errCrash
	})
	require.ErrorIs(t, err, errCrash)
	_, err = one.Launched(ctx, "j")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.NoError(t, one.Launch(ctx, j, nil))
	a, err := two.Launched(ctx, "j")
	require.NoError(t, err)
	require.Equal(t, int64(1), a.Seq)
	require.NoError(t, two.Retire(ctx, "j"))
	_, err = one.Launched(ctx, "j")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// Events of before enter in order, in batches, and before later events are applied.
func TestEntriesFrom(t *testing.T) {
	w := newWorld(t, nil, &Options{})
	w.now = begin
	const people = 700
	for i := range people {
		w.tell(event(id(i), "in", flywheel.CustomerID(id(i)), 0))
	}
	w.now = begin.Add(time.Hour)
	j := Journey{ID: "j", Trigger: Trigger{Event: "in"}, Reentry: Reentry{Policy: Once}, ExitOn: []ExitOn{{Event: "out"}}, Steps: []Step{wait("w", time.Hour), mail("m")}}
	require.NoError(t, w.Launch(w.ctx, j, &LaunchOptions{EntriesFrom: begin}))
	w.now = w.now.Add(time.Minute)
	w.tell(event("out", "out", flywheel.CustomerID(id(people-1)), 2*time.Hour))
	report, err := w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "j", Entries: people, Active: people - 1, Exits: 1}}, report)
	w.pass(begin.Add(3 * time.Hour))
	report, err = w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "j", Entries: people, Completed: people - 1, Exits: 1, Sends: people - 1}}, report)
}

func id(i int) string {
	return "person-" + string(rune('a'+i/676)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
}

// Forgetting takes a person out of everything, acts about the person included.
func TestForget(t *testing.T) {
	w := newWorld(t, nil, &Options{Journeys: shop()})
	w.now = begin
	w.tell(event("1", flywheel.EventAddToCart, "ann", 0), event("2", flywheel.EventAddToCart, "bob", 0))
	w.rest()
	require.NoError(t, w.Cancel(w.ctx, "cart-recovery", "c:ann", "c:zoe"))
	require.NoError(t, w.Cancel(w.ctx, "cart-recovery", "c:ann"))
	require.NoError(t, w.Forget(w.ctx, "ann"))
	require.NoError(t, w.Forget(w.ctx, "nobody"))
	acts, err := w.store.Acts(w.ctx, 0)
	require.NoError(t, err)
	data, err := json.Marshal(acts)
	require.NoError(t, err)
	require.NotContains(t, string(data), "c:ann")
	require.Contains(t, string(data), "zoe")
	var ids []flywheel.Person
	for s, err := range w.store.List(w.ctx) {
		require.NoError(t, err)
		ids = append(ids, s.Contact.ID)
	}
	require.Equal(t, []flywheel.Person{"c:bob"}, ids)
	w.pass(begin.AddDate(0, 1, 0))
	report, err := w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "cart-recovery", Entries: 1, Completed: 1, Sends: 3}}, report)
}

// No journey that Launch takes makes the engine panic or run for ever.
func FuzzJourney(f *testing.F) {
	for _, j := range append(shop(), RepurchaseReminder("sms", Duration{Weeks: 1})) {
		data, err := json.Marshal(j)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"id":"loop","trigger":{"event":"purchase"},"steps":[{"id":"a","wait":{"duration":"PT1M"}},{"id":"b","send":{"channel":"x"},"next":"a"}]}`))
	f.Add([]byte(`{"id":"bis","trigger":{"event":"in"},"steps":[{"id":"a","wait_event":{"event":"in","subject":["sku"],"limit":"n","timeout":"PT1M"},"next":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var j Journey
		if json.Unmarshal(data, &j) != nil {
			return
		}
		ctx := context.Background()
		engine, err := New(nil, &Options{Journeys: []Journey{j}, Policy: shopPolicy, Now: func() time.Time { return begin.AddDate(0, 0, -1) }})
		if err != nil {
			return
		}
		e := flywheel.Entry{Position: 1, Received: begin, Effective: begin, Person: "c:c", Event: event("1", j.Trigger.Event, "c", 0)}
		if err := engine.Consume(ctx, []flywheel.Entry{e}); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			a, err := engine.Advance(ctx, begin.Add(6*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			d, err := engine.Deliver(ctx, begin.Add(6*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if !a && !d {
				break
			}
		}
		report, err := engine.Report(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, tally := range report {
			if tally.Entries != tally.Active+tally.Completed+tally.Goals+tally.Exits {
				t.Fatalf("%s: %+v", data, tally)
			}
		}
	})
}
