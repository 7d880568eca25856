package campaign_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaigntest"
	"github.com/flywheel-go/flywheel/segment/rule"
)

var begin = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)

func event(id, name string, customer flywheel.CustomerID, after time.Duration) flywheel.Event {
	return flywheel.Event{ID: id, Name: name, Customer: customer, Time: begin.Add(after)}
}

func wait(id string, d time.Duration) campaign.Step {
	return campaign.Step{ID: id, Wait: &campaign.Wait{Duration: campaign.Duration{Time: d}}}
}

func mail(id string) campaign.Step {
	return campaign.Step{ID: id, Send: &campaign.Send{Channel: "email", Template: id}}
}

// shop is a busy programme: every kind of step, all policies of re-entry.
func shop() []campaign.Journey {
	review := campaign.Journey{
		ID: "review", Trigger: campaign.Trigger{Event: flywheel.EventPurchase}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
		Steps: []campaign.Step{
			{ID: "ask", Send: &campaign.Send{Channel: "sms", Transactional: true}},
			{ID: "wait", WaitEvent: &campaign.WaitEvent{Event: "review", Timeout: campaign.Duration{Days: 2}, OnTimeout: "large"}},
			{ID: "thanks", Send: &campaign.Send{Channel: "email"}, Next: "end"},
			{ID: "large", Condition: &campaign.Condition{If: rule.MustCompile(`{"entry.quantity": {"$gt": 2}}`), Else: "end"}},
			mail("nudge"),
			{ID: "end", Exit: campaign.OutcomeCompleted},
		},
	}
	again := campaign.WinBack("email", campaign.Duration{Days: 5})
	again.Reentry = campaign.Reentry{Policy: campaign.WhenNotActive, Cooldown: campaign.Duration{Days: 3}}
	return []campaign.Journey{campaign.Welcome("email"), campaign.CartRecovery("email"), review, again}
}

var shopPolicy = campaign.Policy{
	QuietHours: campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(8, 0)},
	Caps:       []campaign.Cap{{Max: 2, Window: campaign.Duration{Days: 1}}, {Max: 4, Per: campaign.CalendarWeek, Channels: []string{"email"}}},
	OnCap:      campaign.Defer,
}

// traffic is a month of events, in order of time, with ties, repeats and
// events that nobody asked for.
func traffic(seed uint64, n int) []flywheel.Event {
	random := rand.New(rand.NewPCG(seed, 1))
	names := []string{
		flywheel.EventSignUp, flywheel.EventAddToCart, flywheel.EventAddToCart, flywheel.EventPurchase, "review", flywheel.EventViewItem,
		campaign.EventUnsubscribed, campaign.EventSubscribed, campaign.EventTimezoneChanged,
	}
	var events []flywheel.Event
	at := time.Duration(0)
	for i := range n {
		if random.IntN(4) > 0 {
			at += time.Duration(random.IntN(int(2 * 30 * 24 * time.Hour / time.Duration(n)))).Truncate(time.Minute)
		}
		e := event(fmt.Sprint("event-", i), names[random.IntN(len(names))], flywheel.CustomerID(fmt.Sprint("c", random.IntN(5))), at)
		switch e.Name {
		case flywheel.EventPurchase:
			e.Lines = []flywheel.Line{{SKU: "tea", Quantity: int64(random.IntN(5))}}
		case campaign.EventUnsubscribed, campaign.EventSubscribed:
			e.Properties = map[string]any{"channel": []string{"email", "sms", ""}[random.IntN(3)]}
		case campaign.EventTimezoneChanged:
			e.Properties = map[string]any{"timezone": []string{"America/New_York", "Asia/Shanghai", "nowhere"}[random.IntN(3)]}
		}
		if len(events) > 0 && random.IntN(10) == 0 {
			e = events[random.IntN(len(events))] // delivered again, late
		}
		events = append(events, e)
	}
	return events
}

// outcome is everything that a programme did.
type outcome struct {
	messages []campaign.Message
	events   map[string]flywheel.Event // told to the sink, by ID
	contacts []campaign.Contact        // without their versions
	report   []campaign.Tally
}

// outcomeOf collects what was done, in an order of its own.
func outcomeOf(t require.TestingT, store campaign.Store, engine *campaign.Engine, sent *campaign.Recorder, told map[string]flywheel.Event) outcome {
	o := outcome{messages: sent.Messages(), events: told}
	slices.SortFunc(o.messages, func(a, b campaign.Message) int { return strings.Compare(a.ID, b.ID) })
	for c, err := range store.List(context.Background()) {
		require.NoError(t, err)
		c.Version = 0
		o.contacts = append(o.contacts, c)
	}
	report, err := engine.Report(context.Background())
	require.NoError(t, err)
	o.report = report
	return o
}

// run publishes events in pieces and returns what came of it.
func run(t require.TestingT, journeys []campaign.Journey, policy campaign.Policy, pieces ...[]flywheel.Event) outcome {
	ctx := context.Background()
	store := campaign.NewMemory(nil)
	var sent campaign.Recorder
	told := map[string]flywheel.Event{}
	engine, err := campaign.New(store, &campaign.Options{Journeys: journeys, Policy: policy, Sender: &sent, Sink: collect(told)})
	require.NoError(t, err)
	for _, events := range pieces {
		require.NoError(t, engine.Publish(ctx, events...))
	}
	return outcomeOf(t, store, engine, &sent, told)
}

func collect(told map[string]flywheel.Event) flywheel.Sink {
	return flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			if err := e.Validate(); err != nil {
				return err
			}
			told[e.ID] = e
		}
		return nil
	})
}

func TestReplayGivesTheSame(t *testing.T) {
	events := traffic(1, 400)
	once := run(t, shop(), shopPolicy, events)
	require.NotEmpty(t, once.messages)
	require.Len(t, once.events, len(once.messages))
	for _, m := range once.messages {
		require.Contains(t, once.events, "message:"+m.ID)
	}
	require.Equal(t, once, run(t, shop(), shopPolicy, events), "a second time")
	require.Equal(t, once, run(t, shop(), shopPolicy, slices.Collect(slices.Chunk(events, 1))...), "one by one")
	require.Equal(t, once, run(t, shop(), shopPolicy, events, events), "delivered twice")
	require.Equal(t, once, run(t, shop(), shopPolicy, events[:200], events[100:]), "delivered with an overlap")
}

// Advance in between changes nothing as long as it stays before the next event.
func TestAdvanceInBetween(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := traffic(rapid.Uint64().Draw(t, "seed"), 60)
		want := run(t, shop(), shopPolicy, events)
		ctx := context.Background()
		store := campaign.NewMemory(nil)
		var sent campaign.Recorder
		told := map[string]flywheel.Event{}
		engine, err := campaign.New(store, &campaign.Options{Journeys: shop(), Policy: shopPolicy, Sender: &sent, Sink: collect(told)})
		require.NoError(t, err)
		latest := time.Time{}
		for i, e := range events {
			require.NoError(t, engine.Publish(ctx, e))
			if e.Time.After(latest) {
				latest = e.Time
			}
			if i+1 < len(events) && events[i+1].Time.After(latest) {
				gap := events[i+1].Time.Sub(latest) - time.Microsecond
				at := time.Duration(rapid.Int64Range(0, int64(gap)).Draw(t, "advance"))
				if at.Truncate(time.Microsecond) < events[i+1].Time.Sub(latest) {
					require.NoError(t, engine.Advance(ctx, latest.Add(at)))
				}
			}
		}
		require.Equal(t, want, outcomeOf(t, store, engine, &sent, told))
	})
}

// What must hold of any outcome: every entry is somewhere, the message count is
// the tally's, caps and quiet hours are observed, no message goes out twice.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := run(t, shop(), shopPolicy, traffic(rapid.Uint64().Draw(t, "seed"), 120))
		var sends int64
		for _, tally := range o.report {
			require.Equal(t, tally.Entries, tally.Active+tally.Completed+tally.Goals+tally.Exits, "%+v", tally)
			sends += tally.Sends
		}
		require.EqualValues(t, len(o.messages), sends)
		byContact := map[flywheel.CustomerID][]campaign.Message{}
		for _, m := range o.messages {
			if m.Channel == "email" {
				byContact[m.Contact] = append(byContact[m.Contact], m)
			}
		}
		for id, messages := range byContact {
			for _, m := range messages {
				within := 0
				for _, o := range messages {
					if !o.At.After(m.At) && m.At.Sub(o.At) < 24*time.Hour {
						within++
					}
				}
				require.LessOrEqual(t, within, 2, "%s at %v", id, m.At)
			}
		}
	})
}

var errCrash = errors.New("crash")

// TestCrashes fails every call there is, one run each, before and after its
// effect, and goes on as a restarted program does: from the event that was not
// acknowledged, with a new engine over the same store.
func TestCrashes(t *testing.T) {
	ctx := context.Background()
	events := traffic(7, 60)
	want := run(t, shop(), shopPolicy, events)
	calls := 0
	for crashAt := 0; crashAt == 0 || crashAt <= calls; crashAt++ {
		count := 0
		hook := func(string, bool) error {
			if count++; count == crashAt {
				return errCrash
			}
			return nil
		}
		memory := campaign.NewMemory(nil)
		var sent campaign.Recorder
		told := map[string]flywheel.Event{}
		options := &campaign.Options{
			Journeys: shop(), Policy: shopPolicy,
			Sender: campaign.SenderFunc(func(ctx context.Context, m campaign.Message) error {
				return errors.Join(hook("Send", false), sent.Send(ctx, m), hook("Send", true))
			}),
			Sink: flywheel.SinkFunc(func(ctx context.Context, events ...flywheel.Event) error {
				return errors.Join(hook("Publish", false), collect(told).Publish(ctx, events...), hook("Publish", true))
			}),
		}
		crashes := 0
		for i := 0; i < len(events); {
			engine, err := campaign.New(campaigntest.Failing(memory, hook), options)
			require.NoError(t, err)
			for ; i < len(events) && err == nil; i++ {
				err = engine.Publish(ctx, events[i])
			}
			if err != nil {
				require.ErrorIs(t, err, errCrash)
				i--
				crashes++
			}
		}
		if crashAt == 0 {
			calls = count
			require.Greater(t, calls, 200)
		} else {
			require.Equal(t, 1, crashes)
		}
		engine, err := campaign.New(memory, options)
		require.NoError(t, err)
		got := outcomeOf(t, memory, engine, &sent, told)
		require.Equal(t, want, got, "crash at call %d of %d", crashAt, calls)
	}
}

func TestConcurrentPublish(t *testing.T) {
	ctx := context.Background()
	var sent campaign.Recorder
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{{
		ID: "hi", Trigger: campaign.Trigger{Event: "hi"}, Reentry: campaign.Reentry{Policy: campaign.Parallel}, Steps: []campaign.Step{mail("m")},
	}}, Sender: &sent})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				e := event(fmt.Sprint(g, "-", i), "hi", flywheel.CustomerID(fmt.Sprint("c", i%3)), 0)
				for {
					err := engine.Publish(ctx, e)
					if err == nil {
						break
					}
					if !errors.Is(err, flywheel.ErrConflict) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	report, err := engine.Report(ctx)
	require.NoError(t, err)
	require.Equal(t, []campaign.Tally{{Journey: "hi", Entries: 160, Completed: 160, Sends: 160}}, report)
	require.Len(t, sent.Messages(), 160)
}

func TestRefusedMessageDoesNotCount(t *testing.T) {
	ctx := context.Background()
	refuse := true
	var told []string
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{{ID: "hi", Trigger: campaign.Trigger{Event: "hi"}, Reentry: campaign.Reentry{Policy: campaign.Parallel}, Steps: []campaign.Step{mail("m")}}},
		Policy:   campaign.Policy{Caps: []campaign.Cap{{Max: 1, Window: campaign.Duration{Days: 1}}}},
		Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error {
			if refuse {
				return fmt.Errorf("no such mailbox: %w", flywheel.ErrNotFound)
			}
			return nil
		}),
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			told = append(told, events[0].ID)
			return nil
		}),
	})
	require.NoError(t, err)
	require.NoError(t, engine.Publish(ctx, event("1", "hi", "c", 0)))
	refuse = false
	require.NoError(t, engine.Publish(ctx, event("2", "hi", "c", time.Hour), event("3", "hi", "c", 2*time.Hour)))
	report, err := engine.Report(ctx)
	require.NoError(t, err)
	require.Equal(t, []campaign.Tally{{Journey: "hi", Entries: 3, Completed: 3, Sends: 1, CapsHit: 1, Refused: 1}}, report)
	require.Len(t, told, 1)
}

func TestSenderDownGoesOnLater(t *testing.T) {
	ctx := context.Background()
	var sent campaign.Recorder
	down := true
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{campaign.Welcome("email")},
		Sender: campaign.SenderFunc(func(ctx context.Context, m campaign.Message) error {
			if down {
				return errCrash
			}
			return sent.Send(ctx, m)
		}),
	})
	require.NoError(t, err)
	require.ErrorIs(t, engine.Publish(ctx, event("1", flywheel.EventSignUp, "c", 0)), errCrash)
	require.ErrorIs(t, engine.Advance(ctx, begin.Add(time.Minute)), errCrash)
	down = false
	require.NoError(t, engine.Advance(ctx, begin.Add(2*time.Minute)))
	require.Len(t, sent.Messages(), 1)
	require.Equal(t, begin, sent.Messages()[0].At)
}

func TestLateAndOldEvents(t *testing.T) {
	ctx := context.Background()
	var facts []string
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{{
			ID: "j", Trigger: campaign.Trigger{Event: "in"}, ExitOn: []campaign.ExitOn{{Event: "out"}},
			Steps: []campaign.Step{wait("w", 100*24*time.Hour), mail("m")},
		}},
		Trace: func(f campaign.Fact) { facts = append(facts, fmt.Sprint(f.Kind, " ", f.Detail, " ", f.At.Sub(begin))) },
	})
	require.NoError(t, err)
	require.NoError(t, engine.Publish(ctx, event("1", "in", "c", time.Hour), event("2", "out", "c", 0)))
	require.Equal(t, []string{"entered  1h0m0s"}, facts, "an exit from before the entry is none")
	require.NoError(t, engine.Publish(ctx, event("3", "out", "c", 2*time.Hour), event("4", "in", "c", 90*time.Minute)))
	require.Equal(t, []string{"entered  1h0m0s", "ended exited 2h0m0s", "entered  2h0m0s"}, facts, "a late entry enters now")
	facts = nil
	require.NoError(t, engine.Publish(ctx, event("5", "in", "c", 60*24*time.Hour)))
	require.Equal(t, []string{"rejected already_active 1440h0m0s"}, facts)
	require.NoError(t, engine.Publish(ctx, event("6", "out", "c", 61*24*time.Hour), event("7", "in", "c", time.Hour)))
	require.Equal(t, "ended exited 1464h0m0s", facts[len(facts)-1], "an event older than the memory of events is ignored")
}

func TestWithdrawnVersion(t *testing.T) {
	ctx := context.Background()
	store := campaign.NewMemory(nil)
	j := campaign.Journey{ID: "j", Trigger: campaign.Trigger{Event: "in"}, Steps: []campaign.Step{wait("w", time.Hour), mail("m")}}
	engine, err := campaign.New(store, &campaign.Options{Journeys: []campaign.Journey{j}})
	require.NoError(t, err)
	require.NoError(t, engine.Publish(ctx, event("1", "in", "c", 0)))
	j.Version = 2
	var sent campaign.Recorder
	engine, err = campaign.New(store, &campaign.Options{Journeys: []campaign.Journey{j}, Sender: &sent})
	require.NoError(t, err)
	require.NoError(t, engine.Publish(ctx, event("zone", campaign.EventTimezoneChanged, "c", 0)))
	require.NoError(t, engine.Advance(ctx, begin.Add(2*time.Hour)))
	require.Empty(t, sent.Messages())
	report, err := engine.Report(ctx)
	require.NoError(t, err)
	require.Equal(t, []campaign.Tally{{Journey: "j", Entries: 1, Exits: 1}}, report)
}

func TestRunWithoutEntryIsWithdrawn(t *testing.T) {
	ctx := context.Background()
	store := campaign.NewMemory(nil)
	_, err := store.Save(ctx, campaign.Contact{ID: "c", Runs: []campaign.Run{{ID: "r", Journey: "j", Version: 1, Step: "m", Due: begin}}})
	require.NoError(t, err)
	engine, err := campaign.New(store, &campaign.Options{Journeys: []campaign.Journey{{ID: "j", Trigger: campaign.Trigger{Event: "in"}, Steps: []campaign.Step{mail("m")}}}})
	require.NoError(t, err)
	require.NoError(t, engine.Advance(ctx, begin))
	report, err := engine.Report(ctx)
	require.NoError(t, err)
	require.Equal(t, []campaign.Tally{{Journey: "j", Exits: 1}}, report)
}

func TestLoopWithWait(t *testing.T) {
	ctx := context.Background()
	var sent campaign.Recorder
	engine, err := campaign.New(nil, &campaign.Options{Sender: &sent, Journeys: []campaign.Journey{{
		ID: "monthly", Trigger: campaign.Trigger{Event: "in"}, ExitOn: []campaign.ExitOn{{Event: "out"}},
		Steps: []campaign.Step{mail("news"), {ID: "w", Wait: &campaign.Wait{Duration: campaign.Duration{Weeks: 1}}, Next: "news"}},
	}}})
	require.NoError(t, err)
	require.NoError(t, engine.Publish(ctx, event("1", "in", "c", 0), event("2", "out", "c", 30*24*time.Hour)))
	ids := map[string]bool{}
	for _, m := range sent.Messages() {
		ids[m.ID] = true
	}
	require.Len(t, ids, 5, "each round is a message of its own")
}

func TestIgnoredEvents(t *testing.T) {
	ctx := context.Background()
	store := campaign.NewMemory(nil)
	engine, err := campaign.New(store, &campaign.Options{Journeys: shop()})
	require.NoError(t, err)
	anonymous := event("1", flywheel.EventSignUp, "", 0)
	anonymous.Visitor = "v"
	require.NoError(t, engine.Publish(ctx, anonymous, event("2", flywheel.EventViewItem, "c", 0), event("3", "review", "c", 0)))
	for range store.List(ctx) {
		t.Fatal("a contact without need")
	}
	require.ErrorIs(t, engine.Publish(ctx, flywheel.Event{ID: "x", Name: "n"}), flywheel.ErrInvalid)
}

func TestAttributesFail(t *testing.T) {
	ctx := context.Background()
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys:   []campaign.Journey{{ID: "j", Trigger: campaign.Trigger{Event: "in", When: rule.MustCompile(`{"tier": "gold"}`)}, Steps: []campaign.Step{mail("m")}}},
		Attributes: func(context.Context, flywheel.CustomerID) (map[string]any, error) { return nil, errCrash },
	})
	require.NoError(t, err)
	require.ErrorIs(t, engine.Publish(ctx, event("1", "in", "c", 0)), errCrash)
}

func TestLaunchRefusals(t *testing.T) {
	good := func() campaign.Journey {
		return campaign.Journey{ID: "j", Trigger: campaign.Trigger{Event: "in"}, Steps: []campaign.Step{
			wait("w", time.Hour), mail("m"), {ID: "if", Condition: &campaign.Condition{If: rule.MustCompile(`{}`)}},
			{ID: "we", WaitEvent: &campaign.WaitEvent{Event: "x"}},
		}}
	}
	cases := map[string]func(j *campaign.Journey){
		"no id":             func(j *campaign.Journey) { j.ID = "" },
		"negative version":  func(j *campaign.Journey) { j.Version = -1 },
		"no trigger":        func(j *campaign.Journey) { j.Trigger.Event = "" },
		"policy":            func(j *campaign.Journey) { j.Reentry.Policy = "sometimes" },
		"cooldown":          func(j *campaign.Journey) { j.Reentry.Cooldown.Days = -1 },
		"exit without name": func(j *campaign.Journey) { j.ExitOn = []campaign.ExitOn{{}} },
		"step without id":   func(j *campaign.Journey) { j.Steps[0].ID = "" },
		"step twice":        func(j *campaign.Journey) { j.Steps[1].ID = "w" },
		"no action":         func(j *campaign.Journey) { j.Steps[1].Send = nil },
		"two actions":       func(j *campaign.Journey) { j.Steps[1].Exit = "x" },
		"negative wait":     func(j *campaign.Journey) { j.Steps[0].Wait.Duration.Time = -1 },
		"weekday": func(j *campaign.Journey) {
			j.Steps[0].Wait = &campaign.Wait{Until: campaign.At(1, 0), Weekdays: []int{0}}
		},
		"weekday alone":    func(j *campaign.Journey) { j.Steps[0].Wait.Weekdays = []int{1} },
		"no channel":       func(j *campaign.Journey) { j.Steps[1].Send.Channel = "" },
		"on cap":           func(j *campaign.Journey) { j.Steps[1].Send.OnCap = "drop" },
		"no event":         func(j *campaign.Journey) { j.Steps[3].WaitEvent.Event = "" },
		"timeout":          func(j *campaign.Journey) { j.Steps[3].WaitEvent.Timeout.Days = -1 },
		"unprintable exit": func(j *campaign.Journey) { j.Steps[1] = campaign.Step{ID: "e", Exit: "\x00"} },
		"jump nowhere":     func(j *campaign.Journey) { j.Steps[1].Next = "nowhere" },
		"branch nowhere":   func(j *campaign.Journey) { j.Steps[2].Condition.Else = "nowhere" },
		"timeout nowhere":  func(j *campaign.Journey) { j.Steps[3].WaitEvent.OnTimeout = "nowhere" },
		"spin":             func(j *campaign.Journey) { j.Steps[2].Condition.Then = "m" },
		"spin over until": func(j *campaign.Journey) {
			j.Steps[0].Wait = &campaign.Wait{Until: campaign.At(1, 0)}
			j.Steps[1].Next = "w"
		},
	}
	engine, err := campaign.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, engine.Launch(good()))
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		j := good()
		j.ID = "other"
		cases[name](&j)
		err := engine.Launch(j)
		require.True(t, errors.Is(err, flywheel.ErrInvalid) || errors.Is(err, flywheel.ErrOutOfRange), "%s: %v", name, err)
	}
	require.NoError(t, engine.Launch(good()), "the same again")
	changed := good()
	changed.Steps = changed.Steps[:2]
	require.ErrorIs(t, engine.Launch(changed), flywheel.ErrConflict)
	_, err = campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{changed, good()}})
	require.ErrorIs(t, err, flywheel.ErrConflict)
}

func TestPresetsLaunch(t *testing.T) {
	o := run(t, []campaign.Journey{
		campaign.Welcome("email"), campaign.CartRecovery("email"), campaign.RepurchaseReminder("email", campaign.Duration{Days: 30}), campaign.WinBack("email", campaign.Duration{Months: 3}),
	}, campaign.Policy{}, []flywheel.Event{
		event("1", flywheel.EventSignUp, "c", 0), event("2", flywheel.EventAddToCart, "c", 30*time.Minute), event("3", flywheel.EventPurchase, "c", 2*time.Hour),
		event("4", flywheel.EventViewItem, "x", 200*24*time.Hour),
	})
	var got []string
	slices.SortFunc(o.messages, func(a, b campaign.Message) int { return a.At.Compare(b.At) })
	for _, m := range o.messages {
		got = append(got, m.At.Format("01-02 15:04 ")+m.Template)
	}
	require.Equal(t, []string{
		"06-01 10:00 welcome/hello", "06-01 11:30 cart-recovery/first", "07-02 10:00 repurchase-reminder/refill",
		"09-02 10:00 win-back/miss-you", "09-16 10:00 win-back/last",
	}, got)
}

// Entries are kept only as long as a cooldown can ask for them.
func TestEntriesAreForgotten(t *testing.T) {
	ctx := context.Background()
	store := campaign.NewMemory(nil)
	engine, err := campaign.New(store, &campaign.Options{Journeys: []campaign.Journey{{
		ID: "j", Trigger: campaign.Trigger{Event: "in"}, Reentry: campaign.Reentry{Key: "ref", Cooldown: campaign.Duration{Days: 1}}, Steps: []campaign.Step{mail("m")},
	}}})
	require.NoError(t, err)
	for i := range 20 {
		e := event(fmt.Sprint(i), "in", "c", time.Duration(i)*10*time.Hour)
		e.Ref = fmt.Sprint("cart-", i)
		require.NoError(t, engine.Publish(ctx, e))
	}
	c, err := store.Get(ctx, "c")
	require.NoError(t, err)
	require.Len(t, c.Entries, 3)
}

// No journey that Launch takes makes the engine panic or run for ever.
func FuzzJourney(f *testing.F) {
	for _, j := range append(shop(), campaign.RepurchaseReminder("sms", campaign.Duration{Weeks: 1})) {
		data, err := json.Marshal(j)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"id":"loop","trigger":{"event":"purchase"},"steps":[{"id":"a","wait":{"duration":"PT1M"}},{"id":"b","send":{"channel":"x"},"next":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var j campaign.Journey
		if json.Unmarshal(data, &j) != nil {
			return
		}
		ctx := context.Background()
		engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{j}, Policy: shopPolicy})
		if err != nil {
			return
		}
		e := event("1", j.Trigger.Event, "c", 0)
		if err := engine.Publish(ctx, e); err != nil {
			t.Fatal(err)
		}
		if err := engine.Advance(ctx, begin.Add(6*time.Hour)); err != nil {
			t.Fatal(err)
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

func BenchmarkPublish(b *testing.B) {
	ctx := context.Background()
	events := benchmarkYear()
	b.ReportAllocs()
	for b.Loop() {
		engine, err := campaign.New(nil, &campaign.Options{
			Journeys: []campaign.Journey{campaign.Welcome("email"), campaign.CartRecovery("email"), campaign.RepurchaseReminder("email", campaign.Duration{Days: 30}), campaign.WinBack("email", campaign.Duration{Days: 90})},
			Policy:   campaign.Policy{Caps: []campaign.Cap{{Max: 2, Window: campaign.Duration{Days: 7}}}},
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := engine.Publish(ctx, events...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(events))/b.Elapsed().Seconds(), "events/s")
}

// benchmarkYear is 200,000 events of 4,000 customers over a year: most of them
// views, one in twenty a purchase.
func benchmarkYear() []flywheel.Event {
	const n = 200_000
	random := rand.New(rand.NewPCG(1, 2))
	events := make([]flywheel.Event, n)
	for i := range events {
		name := flywheel.EventViewItem
		switch random.IntN(20) {
		case 0:
			name = flywheel.EventPurchase
		case 1, 2:
			name = flywheel.EventAddToCart
		case 3:
			name = flywheel.EventSignUp
		}
		events[i] = event(fmt.Sprint("e", i), name, flywheel.CustomerID(fmt.Sprint("c", random.IntN(4000))), time.Duration(i)*(365*24*time.Hour/n))
	}
	return events
}
