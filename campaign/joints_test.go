package campaign_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The families of the joints' cases that are about journeys alone, with a runner
// of a page.
func TestJoints(t *testing.T) {
	data, err := os.ReadFile(testkit.Data(t, "joints/cases.json"))
	require.NoError(t, err)
	var file struct {
		Cases []*jointCase `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	ran := 0
	for _, c := range file.Cases {
		only := map[string]bool{"J10": true, "J11": true, "J12": true, "J13": true, "J14": true, "J15": true, "J16": true}
		if !only[c.Family] && !slices.Contains([]string{"P1-01", "P1-02", "P1-03", "P1-04", "P1-06", "P1-07", "X1-01", "X1-02", "X1-04", "X1-06", "E1-04"}, c.ID) {
			continue
		}
		ran++
		t.Run("memory/"+c.ID, func(t *testing.T) { c.run(t, campaign.NewMemory(nil)) })
		if os.Getenv("JOINTS_SQL") == "" {
			continue
		}
		sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
			t.Run(c.ID, func(t *testing.T) { c.run(t, sqldbtest.Store(t, open(t), d, campaignsql.New)) })
		})
	}
	require.NotZero(t, ran)
}

type jointCase struct {
	ID, Family, Title, Why string
	Setup                  struct {
		Start    time.Time
		Skew     string
		Lateness campaign.Duration
		Policy   struct {
			Timezone string
			campaign.Policy
		}
		Journeys []campaign.Journey
	}
	Steps    []json.RawMessage
	Expected json.RawMessage
}

type jointStep struct {
	At, Until, From time.Time
	EntriesFrom     time.Time `json:"entries_from"`
	Do              string
	Events          []json.RawMessage
	Event           string
	Expected        json.RawMessage
	Expect          string
	Every           campaign.Duration
	Customer        flywheel.CustomerID
	Granted         bool
	Purpose         string
	Channel         string
	Answers         []string
	Then            string
	Journey         json.RawMessage
	Migrate         map[string]string
	N               int
	Consumer        string
	Action          string
}

type runner struct {
	t       *testing.T
	c       *jointCase
	store   campaign.Store
	engine  *campaign.Engine
	now     time.Time
	log     []flywheel.Entry
	ids     map[string]flywheel.Event
	cursor  int
	poison  map[string]bool
	stumble map[string]int
	parked  []int // positions
	waiting map[flywheel.Person][]int
	until   int // of a rebuild
	workers int
	ctx     context.Context
	crash   context.CancelFunc

	mu       sync.Mutex
	scripts  map[[2]string]*script
	calls    int
	accepted int
	first    map[string]delivered
	skips    []map[string]string
}

type script struct {
	answers []string
	then    string
}

type delivered struct {
	customer, template string
	at                 time.Time
}

func (c *jointCase) run(t *testing.T, store campaign.Store) {
	r := &runner{
		t: t, c: c, store: store, now: c.Setup.Start, ids: map[string]flywheel.Event{}, poison: map[string]bool{}, stumble: map[string]int{},
		waiting: map[flywheel.Person][]int{}, scripts: map[[2]string]*script{}, first: map[string]delivered{}, workers: 1,
	}
	r.start(c.Setup.Journeys)
	for _, raw := range c.Steps {
		var s jointStep
		require.NoError(t, json.Unmarshal(raw, &s))
		r.step(&s)
	}
	r.check(c.Expected)
}

// start begins a process.
func (r *runner) start(journeys []campaign.Journey) {
	r.ctx, r.crash = context.WithCancel(r.t.Context())
	loc, err := time.LoadLocation(cmp.Or(r.c.Setup.Policy.Timezone, "UTC"))
	require.NoError(r.t, err)
	policy := r.c.Setup.Policy.Policy
	policy.Jitter = -1
	var lateness time.Duration
	if d := r.c.Setup.Lateness; !d.IsZero() {
		lateness = d.Time
	}
	r.engine, err = campaign.New(r.store, &campaign.Options{
		Journeys: journeys, Policy: policy, Location: loc, Lateness: lateness, Sender: r, SendLimit: 50 * time.Millisecond,
		Log: r, Now: func() time.Time { return r.now },
		Trace: func(f campaign.Fact) {
			if f.Kind == campaign.FactSkipped {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.skips = append(r.skips, map[string]string{
					"customer": string(f.Contact.Customer()), "template": f.Template, "reason": f.Detail, "at": f.At.Format(time.RFC3339),
				})
			}
		},
	})
	require.NoError(r.t, err)
}

func (r *runner) Read(_ context.Context, after flywheel.Position, n int) ([]flywheel.Entry, error) {
	list := r.log[min(int(after), len(r.log)):]
	return list[:min(n, len(list))], nil
}

func (r *runner) Send(ctx context.Context, m campaign.Message) error {
	r.mu.Lock()
	r.calls++
	answer := "ok"
	who := string(m.Contact.Customer())
	for _, key := range [][2]string{{who, m.Channel}, {who, ""}, {"", m.Channel}, {"", ""}} {
		if s := r.scripts[key]; s != nil {
			if answer = s.then; len(s.answers) > 0 {
				answer, s.answers = s.answers[0], s.answers[1:]
			}
			break
		}
	}
	take := func() {
		r.accepted++
		if _, known := r.first[m.ID]; !known {
			r.first[m.ID] = delivered{who, m.Template, r.now}
		}
	}
	defer r.mu.Unlock()
	switch answer {
	case "ok":
		take()
		return nil
	case "permanent":
		return fmt.Errorf("no such mailbox: %w", flywheel.ErrNotFound)
	case "temporary":
		return errors.New("try later")
	case "slow":
		r.mu.Unlock()
		<-ctx.Done()
		r.mu.Lock()
		return ctx.Err()
	case "lost_answer":
		take()
		return errors.New("connection lost")
	case "crash":
		take()
		r.crash()
		return errors.New("dead")
	}
	r.t.Errorf("answer %q", answer)
	return nil
}

func (r *runner) held(p flywheel.Person) bool { return len(r.waiting[p]) > 0 }

// consume lets the engine take the log.
func (r *runner) consume() {
	if r.cursor < r.until {
		n := r.until
		r.take(cursor.Step{Replaying: true}, r.log[r.cursor:n])
		r.cursor = n
	}
	for r.cursor < len(r.log) {
		x := r.log[r.cursor]
		r.cursor++
		if r.held(x.Person) {
			r.waiting[x.Person] = append(r.waiting[x.Person], int(x.Position))
			continue
		}
		r.one(x, time.Time{})
	}
}

func (r *runner) one(x flywheel.Entry, now time.Time) bool {
	if r.poison[x.Event.ID] || r.stumble[x.Event.ID] > 0 {
		r.stumble[x.Event.ID]--
		if x.Person != "" {
			r.waiting[x.Person] = append([]int{int(x.Position)}, r.waiting[x.Person]...)
		}
		r.parked = append(r.parked, int(x.Position))
		return false
	}
	r.take(cursor.Step{Now: now}, []flywheel.Entry{x})
	return true
}

func (r *runner) take(s cursor.Step, entries []flywheel.Entry) {
	s.Held = r.held
	err := r.store.Handle().InTx(r.ctx, func(ctx context.Context) error {
		if err := r.engine.Consume(cursor.With(ctx, s), entries); err != nil {
			return err
		}
		cursors, err := cursor.For(r.store.Handle())
		if err != nil {
			return nil
		}
		at, err := cursors.At(ctx, r.engine.Name())
		if err != nil {
			return err
		}
		return cursors.Move(ctx, r.engine.Name(), at.Position, max(at.Position, entries[len(entries)-1].Position))
	})
	if r.ctx.Err() == nil {
		require.NoError(r.t, err)
	}
}

// unpark takes the parked entry of a position away, and those behind it.
func (r *runner) unpark(position int, take bool) {
	x := r.log[position-1]
	r.parked = slices.DeleteFunc(r.parked, func(p int) bool { return p == position })
	behind := r.waiting[x.Person]
	delete(r.waiting, x.Person)
	if len(behind) > 0 && behind[0] == position {
		behind = behind[1:]
	}
	if take && !r.one(x, r.now) {
		r.waiting[x.Person] = append([]int{position}, behind...)
		return
	}
	for i, p := range behind {
		if !r.one(r.log[p-1], r.now) {
			r.waiting[x.Person] = behind[i:]
			return
		}
	}
}

// work does the work of a step.
func (r *runner) work() {
	for _, p := range slices.Clone(r.parked) {
		if id := r.log[p-1].Event.ID; !r.poison[id] && r.stumble[id] >= 0 && r.stumbles(id) {
			r.unpark(p, true)
		}
	}
	for {
		r.consume()
		ctx := cursor.With(r.ctx, cursor.Step{Now: r.now, Held: r.held})
		var mu sync.Mutex
		more := false
		var wg sync.WaitGroup
		for range r.workers {
			wg.Go(func() {
				for again := true; again && r.ctx.Err() == nil; {
					a, err := r.engine.Advance(ctx, r.now)
					if r.ctx.Err() == nil && err != nil {
						r.t.Error(err)
					}
					if again = a; a {
						mu.Lock()
						more = true
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		for range r.workers {
			wg.Go(func() {
				for again := true; again && r.ctx.Err() == nil; {
					a, err := r.engine.Deliver(ctx, r.now)
					if r.ctx.Err() == nil && err != nil {
						r.t.Error(err)
					}
					if again = a; a {
						mu.Lock()
						more = true
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		if !more || r.ctx.Err() != nil {
			return
		}
	}
}

func (r *runner) stumbles(id string) bool { _, ok := r.stumble[id]; return ok }

func (r *runner) step(s *jointStep) {
	t := r.t
	r.now = s.At.UTC()
	refused := func(err error) {
		if s.Expect == "refused" {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
	}
	var id campaign.ID
	if len(s.Journey) > 0 && s.Journey[0] == '"' {
		require.NoError(t, json.Unmarshal(s.Journey, &id))
	}
	switch s.Do {
	case "publish":
		for _, raw := range s.Events {
			r.publish(raw)
		}
	case "advance", "check":
		if !s.Until.IsZero() {
			for r.now = s.At; !r.now.After(s.Until); r.now = s.Every.Add(r.now) {
				r.work()
			}
			r.now = s.Until
		}
	case "consent":
		e := flywheel.Event{ID: fmt.Sprintf("consent %d", len(r.log)), Name: campaign.EventUnsubscribed, Time: r.now, Customer: s.Customer, Properties: map[string]any{}}
		if s.Granted {
			e.Name = campaign.EventSubscribed
		}
		if s.Purpose != "" {
			e.Properties["purpose"] = s.Purpose
		}
		if s.Channel != "" {
			e.Properties["channel"] = s.Channel
		}
		r.append(e)
	case "provider":
		r.scripts[[2]string{string(s.Customer), s.Channel}] = &script{s.Answers, cmp.Or(s.Then, "ok")}
	case "launch":
		var j campaign.Journey
		require.NoError(t, json.Unmarshal(s.Journey, &j))
		refused(r.engine.Launch(r.ctx, j, &campaign.LaunchOptions{From: s.From, Migrate: s.Migrate, EntriesFrom: s.EntriesFrom}))
	case "pause":
		refused(r.engine.Pause(r.ctx, id))
	case "resume":
		refused(r.engine.Resume(r.ctx, id))
	case "retire":
		refused(r.engine.Retire(r.ctx, id))
	case "cancel":
		if s.Customer != "" {
			refused(r.engine.Cancel(r.ctx, id, flywheel.PersonOf(s.Customer, "")))
		} else {
			refused(r.engine.Cancel(r.ctx, id))
		}
	case "forget":
		refused(r.engine.Forget(r.ctx, s.Customer))
	case "fix":
		delete(r.poison, s.Event)
	case "parked":
		for _, p := range slices.Clone(r.parked) {
			if r.log[p-1].Event.ID == s.Event {
				r.unpark(p, s.Action == "retry")
			}
		}
	case "workers":
		r.workers = s.N
	case "restart":
		r.crash()
		r.start(r.c.Setup.Journeys)
		return
	case "rebuild":
		if s.Consumer == "campaign" {
			require.NoError(t, r.engine.Reset(r.ctx))
			r.until, r.cursor = r.cursor, 0
		}
		return
	default:
		t.Fatalf("do %q", s.Do)
	}
	r.work()
	if s.Do == "check" {
		r.check(s.Expected)
	}
}

func (r *runner) publish(raw json.RawMessage) {
	var times struct{ Times int }
	require.NoError(r.t, json.Unmarshal(raw, &times))
	for n := range max(1, times.Times) {
		text := strings.ReplaceAll(string(raw), "{n}", strconv.Itoa(n))
		var m map[string]any
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		require.NoError(r.t, d.Decode(&m))
		e := flywheel.Event{Time: r.now, Properties: map[string]any{}}
		for key, x := range m {
			switch key {
			case "id":
				e.ID = x.(string)
			case "name":
				e.Name = x.(string)
			case "time":
				at, err := time.Parse(time.RFC3339, x.(string))
				require.NoError(r.t, err)
				e.Time = at.UTC()
			case "customer":
				e.Customer = flywheel.CustomerID(x.(string))
			case "visitor":
				e.Visitor = flywheel.VisitorID(x.(string))
			case "ref":
				e.Ref = x.(string)
			case "value":
				v, err := money.Parse(x.(string), money.EUR)
				require.NoError(r.t, err)
				e.Value = v
			case "times", "currency":
			case "poison":
				for _, c := range x.([]any) {
					if c == "campaign" {
						r.poison[e.ID], r.poison[m["id"].(string)] = true, true
					}
				}
			case "stumble":
				if k, ok := x.(map[string]any)["campaign"]; ok {
					r.stumble[m["id"].(string)] = int(k.(float64))
				}
			default:
				e.Properties[key] = x
			}
		}
		r.append(e)
	}
}

func (r *runner) append(e flywheel.Event) {
	if _, known := r.ids[e.ID]; known {
		return
	}
	r.ids[e.ID] = e
	x := flywheel.Entry{Position: flywheel.Position(len(r.log) + 1), Received: r.now, Effective: e.Time, Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e}
	if limit := r.now.Add(5 * time.Minute); x.Effective.After(limit) {
		x.Effective = limit
	}
	r.log = append(r.log, x)
}

func (r *runner) check(raw json.RawMessage) {
	t := r.t
	var want map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &want))
	messages := []map[string]string{}
	count := map[string]int{}
	for _, d := range r.first {
		messages = append(messages, map[string]string{"customer": d.customer, "template": d.template, "at": d.at.Format(time.RFC3339)})
		count[d.template]++
	}
	for key, x := range want {
		switch key {
		case "messages", "skips":
			var list []map[string]string
			require.NoError(t, json.Unmarshal(x, &list))
			got := messages
			if key == "skips" {
				got = r.skips
			}
			require.ElementsMatch(t, list, got, "%s: %s: %s", key, r.c.Title, r.c.Why)
		case "message_count":
			var m map[string]int
			require.NoError(t, json.Unmarshal(x, &m))
			for template := range count {
				m[template] += 0
			}
			for template, n := range m {
				require.Equal(t, n, count[template], "%s: %s: %s", template, r.c.Title, r.c.Why)
			}
		case "provider_calls":
			require.Equal(t, string(x), strconv.Itoa(r.calls), "provider_calls: %s", r.c.Title)
		case "accepted":
			require.Equal(t, string(x), strconv.Itoa(r.accepted))
		case "active_runs":
			var m map[campaign.ID]int64
			require.NoError(t, json.Unmarshal(x, &m))
			report, err := r.engine.Report(t.Context())
			require.NoError(t, err)
			for id, n := range m {
				got := int64(0)
				for _, tally := range report {
					if tally.Journey == id {
						got = tally.Active
					}
				}
				require.Equal(t, n, got, "active runs: %s", r.c.Title)
			}
		case "parked", "points", "mentions", "items", "history", "members", "member_count", "pending", "transitions", "transition_count":
		default:
			t.Fatalf("expected %q", key)
		}
	}
}
