package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/rule"
)

var begin = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)

func event(id, name string, customer flywheel.CustomerID, after time.Duration) flywheel.Event {
	return flywheel.Event{ID: id, Name: name, Customer: customer, Time: begin.Add(after)}
}

func wait(id string, d time.Duration) Step {
	return Step{ID: id, Wait: &Wait{Duration: Duration{Time: d}}}
}

func mail(id string) Step { return Step{ID: id, Send: &Send{Channel: "email", Template: id}} }

// shop is a busy program: every kind of step, all policies of re-entry.
func shop() []Journey {
	review := Journey{
		ID: "review", Trigger: Trigger{Event: flywheel.EventPurchase}, Reentry: Reentry{Policy: Parallel},
		Steps: []Step{
			{ID: "ask", Send: &Send{Channel: "sms", Transactional: true}},
			{ID: "wait", WaitEvent: &WaitEvent{Event: "review", Timeout: Duration{Days: 2}, OnTimeout: "large"}},
			{ID: "thanks", Send: &Send{Channel: "email"}, Next: "end"},
			{ID: "large", Condition: &Condition{If: rule.MustCompile(`{"entry.quantity": {"$gt": 2}}`), Else: "end"}},
			mail("nudge"),
			{ID: "end", Exit: OutcomeCompleted},
		},
	}
	again := WinBack("email", Duration{Days: 5})
	again.Reentry = Reentry{Policy: WhenNotActive, Cooldown: Duration{Days: 3}}
	again.Late = &Late{Within: Duration{Time: 9 * time.Hour}}
	return []Journey{Welcome("email"), CartRecovery("email"), review, again}
}

var shopPolicy = Policy{
	QuietHours: QuietHours{Start: At(21, 0), End: At(8, 0)},
	Caps:       []Cap{{Max: 2, Window: Duration{Days: 1}}, {Max: 4, Per: CalendarWeek, Channels: []string{"email"}}},
	OnCap:      Defer,
}

// traffic is a month of events in order of receipt, with ties, events told late
// and events that nobody asked for.
func traffic(seed uint64, n int) []flywheel.Event {
	random := rand.New(rand.NewPCG(seed, 1))
	names := []string{
		flywheel.EventSignUp, flywheel.EventAddToCart, flywheel.EventAddToCart, flywheel.EventPurchase, "review", flywheel.EventViewItem,
		EventUnsubscribed, EventSubscribed, EventTimezoneChanged,
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
		case EventUnsubscribed, EventSubscribed:
			e.Properties = map[string]any{"channel": []string{"email", "sms", ""}[random.IntN(3)], "purpose": []string{"", "marketing"}[random.IntN(2)]}
		case EventTimezoneChanged:
			e.Properties = map[string]any{"timezone": []string{"America/New_York", "Asia/Shanghai", "nowhere"}[random.IntN(3)]}
		}
		events = append(events, e)
	}
	return events
}

// play publishes events, every third of them told some hours late, and lets time
// pass in steps of that many minutes.
func (w *world) play(seed uint64, minutes int, events []flywheel.Event) {
	w.t.Helper()
	random := rand.New(rand.NewPCG(seed, 2))
	for _, e := range events {
		received := e.Time
		if random.IntN(3) == 0 {
			received = received.Add(time.Duration(random.IntN(600)) * time.Minute)
		}
		for step := time.Duration(minutes) * time.Minute; w.now.Add(step).Before(received); {
			w.now = w.now.Add(step)
			if w.next(); w.now.After(begin) {
				w.rest()
			}
		}
		if received.After(w.now) {
			w.now = received
		}
		w.tell(e)
		w.rest()
	}
}

func newShop(t *testing.T, opts *Options) *world {
	opts.Journeys, opts.Policy = shop(), shopPolicy
	w := newWorld(t, nil, opts)
	_, err := w.current(w.ctx)
	require.NoError(t, err)
	w.now = begin.Add(-time.Hour)
	return w
}

// contents is what the store holds, without versions and what only tells of
// deliveries that were put off.
func (w *world) contents() string {
	w.t.Helper()
	var text strings.Builder
	for s, err := range w.store.List(w.ctx) {
		require.NoError(w.t, err)
		for i := range s.Contact.Tallies {
			s.Contact.Tallies[i].Held, s.Contact.Tallies[i].CapsHit = 0, 0
		}
		s.Contact.Decided = 0
		for i := range s.Runs {
			s.Runs[i].Acts = 0 // a rebuild is an act itself
		}
		data, err := json.MarshalIndent(s, "", " ")
		require.NoError(w.t, err)
		text.Write(data)
	}
	return text.String()
}

// rebuild throws the state away and reads the log again, in batches.
func (w *world) rebuild(batch int) {
	w.t.Helper()
	require.NoError(w.t, w.Reset(w.ctx))
	for entries := range slices.Chunk(w.entries, batch) {
		require.NoError(w.t, w.Consume(cursor.With(w.ctx, cursor.Step{Replaying: true}), entries))
	}
}

// operate does what operators do.
func (w *world) operate(i int) {
	w.t.Helper()
	cart := shop()[1]
	cart.Version, cart.Steps[2].Wait = 2, &Wait{Duration: Duration{Time: 30 * time.Hour}}
	review := shop()[2]
	review.Version = 3
	switch i {
	case 0:
		require.NoError(w.t, w.Launch(w.ctx, cart, &LaunchOptions{Migrate: map[string]string{"day": "day"}}))
	case 1:
		require.NoError(w.t, w.Pause(w.ctx, "cart-recovery"))
		require.NoError(w.t, w.Cancel(w.ctx, "review", "c:c1", "c:c2"))
	case 2:
		require.NoError(w.t, w.Resume(w.ctx, "cart-recovery"))
		require.NoError(w.t, w.Launch(w.ctx, review, &LaunchOptions{EntriesFrom: w.now.AddDate(0, 0, -4), From: w.now.Add(time.Hour)}))
	case 3:
		require.NoError(w.t, w.Retire(w.ctx, "win-back"))
		require.NoError(w.t, w.Cancel(w.ctx, "cart-recovery"))
	}
	w.rest()
}

// A rebuild at any moment changes nothing that can be observed: what was sent is
// not sent again, deadlines that were noticed stay so although an answer was told
// later, and what is under way goes on as it would have.
func TestRebuildChangesNothing(t *testing.T) {
	for seed := range uint64(testkit.Often(20, 2)) {
		events := traffic(seed, 60)
		run := func(rebuilds bool) (sent []string, contents string) {
			var mu sync.Mutex
			calls := map[string]int{}
			random := rand.New(rand.NewPCG(seed, 3))
			w := newShop(t, &Options{Sender: SenderFunc(func(_ context.Context, m Message) error {
				mu.Lock()
				defer mu.Unlock()
				calls[m.ID]++
				switch len(m.ID) % 7 * calls[m.ID] {
				case 1, 2:
					return errors.New("try later")
				}
				if m.ID[0] == 'a' {
					return fmt.Errorf("no mailbox: %w", flywheel.ErrNotFound)
				}
				sent = append(sent, m.At.Format(time.DateTime)+" "+string(m.Contact)+" "+m.Template+" "+m.ID)
				return nil
			}), InFlight: 1})
			for i, part := range slices.Collect(slices.Chunk(events, 10)) {
				w.play(seed+uint64(i), 97, part)
				w.operate(i)
				if rebuilds {
					w.rebuild(1 + random.IntN(20))
					w.rest()
				}
			}
			w.pass(w.now.AddDate(0, 2, 0))
			for id, n := range calls {
				require.LessOrEqual(t, n, 3, id)
			}
			slices.Sort(sent)
			return sent, w.contents()
		}
		sent, contents := run(false)
		require.NotEmpty(t, sent)
		sentAgain, contentsAgain := run(true)
		require.Equal(t, sent, sentAgain, "seed %d", seed)
		require.Equal(t, contents, contentsAgain, "seed %d", seed)
	}
}

// Entries in one batch or one by one, and read again from a position, give the
// same.
func TestBatchesGiveTheSame(t *testing.T) {
	run := func(batch int) string {
		w := newShop(t, &Options{})
		for _, e := range traffic(7, 80) {
			w.now = e.Time
			w.entries = append(w.entries, flywheel.Entry{
				Position: flywheel.Position(len(w.entries) + 1), Received: w.now, Effective: e.Time, Person: flywheel.PersonOf(e.Customer, ""), Event: e,
			})
		}
		for entries := range slices.Chunk(w.entries, batch) {
			require.NoError(t, w.Consume(w.ctx, entries))
		}
		w.pass(w.now.AddDate(0, 1, 0))
		return w.contents()
	}
	one := run(1)
	for _, batch := range []int{2, 7, 80} {
		require.Equal(t, one, run(batch), batch)
	}
}

var errCrash = errors.New("crash")

// crashing is a store whose process dies at a call: that one and all later ones of
// the process fail, before or after their effect.
type crashing struct {
	*MemoryStore
	left *int // calls until the crash
}

func (s crashing) call(fn func() error) error {
	if *s.left--; *s.left == 0 {
		_ = fn() // within a transaction, so it is taken back
	}
	if *s.left <= 0 {
		return errCrash
	}
	return fn()
}

func (s crashing) Load(ctx context.Context, ask Ask) (list []State, err error) {
	err = s.call(func() (err error) { list, err = s.MemoryStore.Load(ctx, ask); return err })
	return list, err
}

func (s crashing) Save(ctx context.Context, changes ...Change) error {
	return s.call(func() error { return s.MemoryStore.Save(ctx, changes...) })
}

func (s crashing) Find(ctx context.Context, q Query) (list []Found, err error) {
	err = s.call(func() (err error) { list, err = s.MemoryStore.Find(ctx, q); return err })
	return list, err
}

// losing is a store that loses as many races as it is said.
type losing struct {
	*MemoryStore
	saves, records *int
}

func (s losing) lose(left *int) error {
	if *left > 0 {
		*left--
		return flywheel.ErrStale
	}
	return nil
}

func (s losing) Save(ctx context.Context, changes ...Change) error {
	if err := s.lose(s.saves); err != nil {
		return err
	}
	return s.MemoryStore.Save(ctx, changes...)
}

func (s losing) Record(ctx context.Context, a Act) error {
	if err := s.lose(s.records); err != nil {
		return err
	}
	return s.MemoryStore.Record(ctx, a)
}

// Who loses a race, for a contact or for the next act, begins again.
func TestLostRaces(t *testing.T) {
	saves, records := 0, 2
	w := newWorld(t, nil, &Options{})
	var err error
	w.Engine, err = New(losing{w.store, &saves, &records}, &Options{Journeys: []Journey{Welcome("email")}, Now: func() time.Time { return w.now }})
	require.NoError(t, err)
	w.now = begin
	act, err := w.Launched(w.ctx, "welcome")
	require.NoError(t, err, "another process launched meanwhile")
	require.Equal(t, ActLaunch, act.Kind)
	require.Zero(t, records)
	records = 3
	require.NoError(t, w.Retire(w.ctx, "welcome"))
	require.Zero(t, records)
}

// Wherever the process dies, the next one does the same as if nothing had
// happened: no event is lost or counted twice, and only a message whose outcome
// could not be noted is passed again.
func TestCrashes(t *testing.T) {
	events := traffic(3, 40)
	var mu sync.Mutex
	options := func(calls map[string]int) *Options {
		return &Options{Journeys: shop(), Policy: shopPolicy, Lease: time.Minute, Sender: SenderFunc(func(_ context.Context, m Message) error {
			mu.Lock()
			defer mu.Unlock()
			calls[m.ID]++
			return nil
		}), InFlight: 1}
	}
	run := func(every int) (contents string, calls map[string]int, crashes int) {
		calls = map[string]int{}
		w := newWorld(t, nil, options(calls))
		_, err := w.current(w.ctx)
		require.NoError(t, err)
		left := every
		restart := func() {
			e, err := New(crashing{w.store, &left}, options(calls))
			require.NoError(t, err)
			w.Engine, e.patience = e, 0
		}
		restart()
		try := func(call func() (bool, error)) bool {
			for {
				more, err := call()
				if !errors.Is(err, errCrash) {
					require.NoError(t, err)
					return more
				}
				crashes++
				left = every + crashes
				restart()
				w.now = w.now.Add(2 * time.Minute) // the lease of the dead process is over
			}
		}
		rest := func() {
			for more := true; more; {
				a := try(func() (bool, error) { return w.Advance(w.ctx, w.now) })
				d := try(func() (bool, error) { return w.Deliver(w.ctx, w.now) })
				more = a || d
			}
		}
		for i, e := range events {
			w.now = e.Time.Add(time.Hour) // so that the minutes after a crash move no event
			x := flywheel.Entry{Position: flywheel.Position(i + 1), Received: w.now, Effective: e.Time, Person: flywheel.PersonOf(e.Customer, ""), Event: e}
			try(func() (bool, error) { return false, w.Consume(w.ctx, []flywheel.Entry{x}) })
			rest()
		}
		w.now = begin.AddDate(1, 0, 0)
		rest()
		return w.contents(), calls, crashes
	}
	_, calls, crashes := run(1 << 30)
	require.Zero(t, crashes)
	for _, every := range []int{3, 7, 20} {
		_, again, crashes := run(every)
		require.Greater(t, crashes, 5)
		extra := 0
		for id, n := range again {
			extra += n - 1
			require.NotZero(t, calls[id], "a message that was not decided without crashes")
		}
		require.LessOrEqual(t, extra, crashes)
		require.Len(t, again, len(calls), "every %d", every)
	}
}

// One address that fails for ever, one that hangs and one that panics delay nobody.
func TestEachAddressFailsAlone(t *testing.T) {
	var w *world
	sent := map[flywheel.Person]time.Time{}
	locked := make(chan struct{}, 1)
	w = newWorld(t, nil, &Options{
		Journeys: []Journey{{ID: "j", Trigger: Trigger{Event: "in"}, Steps: []Step{mail("m")}}}, SendLimit: 20 * time.Millisecond,
		Policy: Policy{Retry: []Duration{{Time: time.Minute}, {Time: time.Hour}}, Jitter: -1},
		Sender: SenderFunc(func(ctx context.Context, m Message) error {
			switch m.Contact {
			case "c:down":
				return errors.New("try later")
			case "c:hangs":
				<-ctx.Done()
				return ctx.Err()
			case "c:bug":
				panic("a bug")
			case "c:gone":
				return fmt.Errorf("no mailbox: %w", flywheel.ErrNotFound)
			}
			locked <- struct{}{}
			sent[m.Contact] = m.At
			<-locked
			return nil
		}),
	})
	w.now = begin
	for i, who := range []flywheel.CustomerID{"a", "down", "b", "hangs", "c", "bug", "d", "gone", "e"} {
		w.tell(event(fmt.Sprint(i), "in", who, 0))
	}
	w.rest()
	require.Len(t, sent, 5)
	w.pass(begin.Add(2 * time.Hour))
	report, err := w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "j", Entries: 9, Completed: 9, Sends: 5, Refused: 1, Dead: 3}}, report)

	// What is dead can be tried again, once the provider is back.
	dead, err := w.Dead(w.ctx, "", 10)
	require.NoError(t, err)
	require.Len(t, dead, 3)
	require.Equal(t, "in", dead[0].Entry.Name)
	after, err := w.Dead(w.ctx, dead[0].ID, 1)
	require.NoError(t, err)
	require.Equal(t, dead[1:2], after)
	require.ErrorIs(t, w.Replay(w.ctx, "nothing"), flywheel.ErrNotFound)
	var again Recorder
	w.sender = &again
	require.NoError(t, w.Replay(w.ctx, dead[0].ID))
	require.ErrorIs(t, w.Replay(w.ctx, dead[0].ID), flywheel.ErrNotFound, "it is no longer dead")
	w.rest()
	require.Len(t, again.Messages(), 1)
	require.Equal(t, dead[0].ID, again.Messages()[0].ID)
}

// A slow worker whose lease was lost changes nothing any more.
func TestLostLease(t *testing.T) {
	w := newWorld(t, nil, &Options{
		Journeys: []Journey{{ID: "j", Trigger: Trigger{Event: "in"}, Steps: []Step{mail("m"), wait("w", time.Hour), mail("n")}}}, Lease: time.Minute,
	})
	var slow *world
	taken := 0
	w.sender = SenderFunc(func(context.Context, Message) error {
		if taken++; taken == 1 { // the lease is over, and another worker has finished before this call returns
			other, err := New(w.store, &Options{Journeys: w.first, Now: w.Engine.now})
			require.NoError(t, err)
			slow = &world{Engine: other, t: t, ctx: w.ctx, now: w.now.Add(time.Minute), store: w.store}
			slow.rest()
		}
		return nil
	})
	w.now = begin
	w.tell(event("1", "in", "c", 0))
	w.rest()
	report, err := w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "j", Entries: 1, Active: 1, Sends: 1}}, report)
	require.Equal(t, begin.Add(time.Minute+time.Hour), w.next())
}

// Messages are told to a sink in another database once they are accepted, in the
// end even if it was away.
func TestTold(t *testing.T) {
	told := map[string]int{}
	away := true
	w := newWorld(t, nil, &Options{
		Journeys: []Journey{Welcome("email")},
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			if away {
				return errors.New("away")
			}
			for _, e := range events {
				require.NoError(t, e.Validate())
				told[e.ID]++
			}
			return nil
		}),
	})
	w.now = begin
	w.tell(flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "c"}, flywheel.Event{ID: "2", Name: flywheel.EventSignUp, Visitor: "guest"})
	w.rest()
	require.Empty(t, told)
	away = false
	w.pass(w.now.AddDate(0, 1, 0))
	w.rest()
	require.Len(t, told, 6)
	for id, n := range told {
		require.Equal(t, 1, n, id)
	}
}

// What grows with events is rows: the contact stays small.
func TestContactStaysSmall(t *testing.T) {
	w := newWorld(t, nil, &Options{Journeys: append(shop(), Journey{
		ID: "once an order", Trigger: Trigger{Event: flywheel.EventPurchase}, Reentry: Reentry{Policy: Once, Key: "ref"}, Steps: []Step{mail("thanks")},
	}), Policy: shopPolicy})
	w.now = begin
	n := testkit.Often(800, 200)
	for i := range n {
		w.now = w.now.Add(20 * time.Minute)
		e := event(fmt.Sprint(i), []string{flywheel.EventPurchase, flywheel.EventAddToCart, EventUnsubscribed, EventSubscribed}[i%4], "c", 0)
		e.Time, e.Ref = w.now, fmt.Sprint("order ", i)
		w.tell(e)
		w.rest()
	}
	states, err := w.store.Load(w.ctx, Ask{Contacts: []flywheel.Person{"c:c"}})
	require.NoError(t, err)
	data, err := json.Marshal(states[0].Contact)
	require.NoError(t, err)
	require.Less(t, len(data), 4096)
}

func TestConsentIsBounded(t *testing.T) {
	w := newWorld(t, nil, &Options{})
	w.now = begin
	for i := range maxWishes + 1 {
		e := flywheel.Event{ID: fmt.Sprint(i), Name: EventUnsubscribed, Time: begin, Customer: "c", Properties: map[string]any{"purpose": fmt.Sprint(i)}}
		err := w.Consume(w.ctx, []flywheel.Entry{{Position: flywheel.Position(i + 1), Received: begin, Effective: begin, Person: "c:c", Event: e}})
		if i < maxWishes {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, flywheel.ErrLimit)
		var of *flywheel.EntryError
		require.ErrorAs(t, err, &of)
		require.Equal(t, flywheel.Position(i+1), of.Position)
	}
}

func TestAttributes(t *testing.T) {
	gold := []Journey{{ID: "j", Trigger: Trigger{Event: "in", When: rule.MustCompile(`{"tier": "gold"}`)}, Steps: []Step{mail("m")}}}
	w := newWorld(t, nil, &Options{Journeys: gold, Attributes: func(_ context.Context, id flywheel.Person) (map[string]any, error) {
		return map[string]any{"tier": map[flywheel.Person]string{"c:ann": "gold"}[id]}, nil
	}})
	w.now = begin
	w.tell(event("1", "in", "ann", 0), event("2", "in", "bob", 0))
	report, err := w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "j", Entries: 1, Active: 1}}, report)

	w = newWorld(t, nil, &Options{Journeys: gold, Attributes: func(context.Context, flywheel.Person) (map[string]any, error) { return nil, errCrash }})
	entry := flywheel.Entry{Position: 1, Received: begin, Effective: begin, Person: "c:ann", Event: event("1", "in", "ann", 0)}
	require.ErrorIs(t, w.Consume(w.ctx, []flywheel.Entry{entry}), errCrash)
}

func TestEventsNobodyAsksForChangeNothing(t *testing.T) {
	w := newWorld(t, nil, &Options{Journeys: shop()})
	w.now = begin
	w.tell(flywheel.Event{ID: "1", Name: flywheel.EventSignUp}, event("2", flywheel.EventViewItem, "c", 0))
	for range w.store.List(w.ctx) {
		t.Fatal("a contact without need")
	}
}

// A run that a faulty store or an unknown version has left without a way is
// withdrawn.
func TestRunWithoutWayIsWithdrawn(t *testing.T) {
	w := newWorld(t, nil, &Options{Journeys: []Journey{{ID: "j", Trigger: Trigger{Event: "in"}, Steps: []Step{mail("m")}}}})
	entry := event("e", "in", "c", 0)
	require.NoError(t, w.store.Save(w.ctx, Change{Contact: Contact{ID: "c:c"}, Runs: []Run{
		{ID: "no entry", Contact: "c:c", Journey: "j", Version: 1, Step: "m", Due: begin},
		{ID: "no version", Contact: "c:c", Journey: "j", Version: 9, Entry: &entry, Step: "m", Due: begin},
	}}))
	w.now = begin
	w.rest()
	report, err := w.Report(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []Tally{{Journey: "j", Exits: 2}}, report)
}

func TestLoopWithWait(t *testing.T) {
	var sent Recorder
	w := newWorld(t, nil, &Options{Sender: &sent, Journeys: []Journey{{
		ID: "weekly", Trigger: Trigger{Event: "in"}, ExitOn: []ExitOn{{Event: "out"}},
		Steps: []Step{mail("news"), {ID: "w", Wait: &Wait{Duration: Duration{Weeks: 1}}, Next: "news"}},
	}}})
	w.publish(event("1", "in", "c", 0))
	w.publish(event("2", "out", "c", 30*24*time.Hour))
	ids := map[string]bool{}
	for _, m := range sent.Messages() {
		ids[m.ID] = true
	}
	require.Len(t, ids, 5, "each round is a message of its own")
}

func TestPresetsLaunch(t *testing.T) {
	var sent Recorder
	w := newWorld(t, nil, &Options{Sender: &sent, Journeys: []Journey{
		Welcome("email"), CartRecovery("email"), RepurchaseReminder("email", Duration{Days: 30}), WinBack("email", Duration{Months: 3}),
	}})
	for _, e := range []flywheel.Event{
		event("1", flywheel.EventSignUp, "c", 0), event("2", flywheel.EventAddToCart, "c", 30*time.Minute), event("3", flywheel.EventPurchase, "c", 2*time.Hour),
	} {
		w.publish(e)
	}
	w.pass(begin.AddDate(1, 0, 0))
	var got []string
	for _, m := range sent.Messages() {
		got = append(got, m.At.Format("01-02 15:04 ")+m.Template)
	}
	require.Equal(t, []string{
		"06-01 10:00 welcome/hello", "06-01 11:30 cart-recovery/first", "07-02 10:00 repurchase-reminder/refill",
		"09-02 10:00 win-back/miss-you", "09-16 10:00 win-back/last",
	}, got)
}
