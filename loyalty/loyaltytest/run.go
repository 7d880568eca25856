package loyaltytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond [loyalty.Store].
type Features struct {
	// Tx returns the transactor whose transactions the store joins; nil for a
	// store without transactions.
	Tx func(loyalty.Store) flywheel.Transactor
}

// Run runs the suite; fresh returns an empty store for each case.
func Run(t *testing.T, fresh func(t *testing.T) loyalty.Store, features Features) {
	contract.Run(t, fresh, features.Tx)
}

type testCase = suite.Case[check]

type check func(ctx context.Context, s loyalty.Store, tx flywheel.Transactor) error

var contract = suite.Suite[loyalty.Store, check]{
	Cases: cases,
	Call: func(t suite.T, check check, s loyalty.Store, tx flywheel.Transactor) error {
		return check(t.Context(), s, tx)
	},
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func lot(id string, sequence, left int64) loyalty.Lot {
	return loyalty.Lot{ID: id, Sequence: sequence, Earned: noon, Available: noon, Points: 100, Left: left}
}

func receipt(key string, kind loyalty.Kind) loyalty.Receipt {
	return loyalty.Receipt{Operation: loyalty.Operation{Member: "anna", Key: key, Kind: kind, Points: 10, At: noon}}
}

func entry(key string, points int64) loyalty.Entry {
	return loyalty.Entry{Key: key, At: noon, Lot: key, From: loyalty.BookProgram, To: loyalty.BookPending, Points: points}
}

func hold(key string, until time.Duration) loyalty.Hold {
	return loyalty.Hold{Key: key, Points: 7, State: loyalty.HoldOpen, Expires: noon.Add(until), From: []loyalty.Part{{Lot: "A", Points: 7}}}
}

// saved returns an account as a store has it after the first save.
func saved(a loyalty.Account) loyalty.Account {
	a.Version = 1
	return a
}

// full is an account with something in every field.
func full() loyalty.Account {
	earned := receipt("A", loyalty.Earn)
	earned.AvailableAt, earned.ExpiresAt = noon.Add(time.Hour), noon.Add(2*time.Hour)
	earned.Qualifying, earned.Multiplier, earned.Spend = 7, money.MustRate("1.5"), money.New(1299, money.EUR)
	earned.Reversed, earned.Refunded, earned.Requalified = 3, money.New(300, money.EUR), 2
	earned.Outcome = loyalty.Outcome{Points: 10, TierFrom: "base", TierTo: "gold"}
	burned := receipt("B", loyalty.Burn)
	burned.Outcome = loyalty.Outcome{Points: 10, From: []loyalty.Part{{Lot: "A", Points: 4}, {Lot: "C", Points: 6}}}
	refused := receipt("R", loyalty.Burn)
	refused.Outcome = loyalty.Outcome{Refusal: loyalty.InsufficientPoints, Have: 9}
	back := receipt("V", loyalty.ReverseBurn)
	back.Of = "B"
	back.Outcome = loyalty.Outcome{Points: 10, To: []loyalty.Part{{Lot: "C'", Points: 6, Fate: loyalty.Renewed, Expires: noon.Add(time.Hour)}}}
	clawed := receipt("W", loyalty.ReverseEarn)
	clawed.Of = "A"
	clawed.Outcome = loyalty.Outcome{Points: 10, Clawback: loyalty.Clawed{OwnLot: 1, AlreadyExpired: 2, OtherLots: 3, Debt: 4, WrittenOff: 5}}
	return loyalty.Account{
		Member: "anna", Settled: noon, Sequence: 3, Spendable: 12, Pending: 6, Held: 7, Debt: 1, Redeemed: 2, Expired: 3, WrittenOff: 4,
		Tier: "gold", Fall: noon.AddDate(1, 0, 0),
		Activity: []loyalty.Activity{{At: noon, Amount: 5}, {At: noon.Add(time.Hour), Amount: -5, Reverses: noon}},
		Holds:    []loyalty.Hold{hold("H", time.Hour)},
		Orders: []loyalty.Order{{
			Ref: "O", Currency: money.EUR, Purchased: 1299, Refunded: 300, Edited: 1200, Revision: 2.5, Revised: true, List: 1, Program: 2,
			First: noon, Multiplier: money.MustRate("1.5"), Full: loyalty.Earned{Total: 9, Base: 6, TierBonus: 2, CategoryBonus: 1},
			Points: 10, Qualifying: 7, Changes: 3,
		}},
		Lots: []loyalty.Lot{
			{ID: "A", Sequence: 1, Earned: noon, Available: noon.Add(time.Hour), Expires: noon.Add(2 * time.Hour), Points: 10, Left: 6, Expired: 1},
			{ID: "C'", Sequence: 3, Earned: noon, Available: noon, Points: 6, Left: 6, Origin: "C", Order: "O"},
		},
		Receipts: []loyalty.Receipt{earned, burned, refused, back, clawed},
	}
}

// load loads an account with receipts, holds and lots of keys, and with all that
// can be asked for without naming it.
func load(ctx context.Context, s loyalty.Store, member flywheel.CustomerID, keys ...string) (loyalty.Account, error) {
	a, err := s.Account(ctx, member, loyalty.Need{Keys: keys, Orders: []string{"O", "P"}, All: true, Activity: true})
	return a, errors.Join(err, takeNumbers(a.Activity))
}

// takeNumbers wants the activity that was loaded to be numbered in rising order
// and removes the numbers, which stores choose.
func takeNumbers(activity []loyalty.Activity) error {
	last := int64(0)
	for i := range activity {
		if activity[i].N <= last {
			return fmt.Errorf("activity %d is numbered %d after %d", i, activity[i].N, last)
		}
		last, activity[i].N = activity[i].N, 0
	}
	return nil
}

// lotIDs returns the lots of an account as stored.
func lotIDs(ctx context.Context, s loyalty.Store, member flywheel.CustomerID, keys ...string) ([]string, error) {
	a, err := load(ctx, s, member, keys...)
	var ids []string
	for _, l := range a.Lots {
		ids = append(ids, l.ID)
	}
	return ids, err
}

func expectLots(ctx context.Context, s loyalty.Store, want []string, keys ...string) error {
	got, err := lotIDs(ctx, s, "anna", keys...)
	if err != nil {
		return err
	}
	return suite.Same(fmt.Sprintf("lots for keys %q", keys), got, want)
}

// save loads the account, changes it and saves it.
func save(ctx context.Context, s loyalty.Store, member flywheel.CustomerID, change func(a *loyalty.Account)) error {
	a, err := s.Account(ctx, member, loyalty.Need{Orders: []string{"O", "P"}, All: true, Activity: true})
	if err != nil {
		return err
	}
	change(&a)
	return s.Save(ctx, a)
}

func state(ctx context.Context, s loyalty.Store) (string, error) {
	a, err := load(ctx, s, "anna", "A", "B", "X")
	if err != nil {
		return "", err
	}
	receipts, err := suite.Collect(s.Receipts(ctx, "anna"))
	if err != nil {
		return "", err
	}
	entries, err := suite.Collect(s.Entries(ctx, "anna"))
	if err != nil {
		return "", err
	}
	members, err := suite.Collect(s.Members(ctx))
	if err != nil {
		return "", err
	}
	due, err := s.Due(ctx, noon.AddDate(10, 0, 0), 10)
	if err != nil {
		return "", err
	}
	soon, err := s.Due(ctx, noon.Add(90*time.Minute), 10)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%+v %+v %+v %v %v %v", a, receipts, entries, members, due, soon)
	if p, ok := s.(loyalty.ProgramStore); ok {
		lists, err := p.Programs(ctx, 0)
		return fmt.Sprintf("%s %+v", text, lists), err
	}
	return text, nil
}

// upset changes an account in every way that a Save can.
func upset(ctx context.Context, s loyalty.Store) error {
	err := save(ctx, s, "anna", func(a *loyalty.Account) {
		a.Debt, a.Tier = 99, "silver"
		a.Activity = append(a.Activity, loyalty.Activity{At: noon, Amount: 1})
		a.Lots[0].Left = 0
		a.Lots = append(a.Lots, lot("X", 4, 5), lot("Y", 5, 0))
		changed := receipt("B", loyalty.Burn)
		changed.Reversed = 1
		a.Receipts = []loyalty.Receipt{changed, receipt("X", loyalty.Earn)}
		a.Entries = []loyalty.Entry{entry("X", 5)}
		a.Holds = []loyalty.Hold{hold("H", 2*time.Hour), hold("I", time.Hour)}
		a.Holds[0].State = loyalty.HoldReleased
		a.Orders[0].Points++
		a.Orders = append(a.Orders, loyalty.Order{Ref: "P", Currency: money.EUR, Purchased: 1})
	})
	if err != nil {
		return err
	}
	if p, ok := s.(loyalty.ProgramStore); ok {
		lists, err := p.Programs(ctx, 0)
		if err == nil {
			err = p.Record(ctx, loyalty.Programs{Number: int64(len(lists)) + 1, Recorded: noon, Programs: []loyalty.Program{{Timezone: "Asia/Tokyo"}}})
		}
		if err != nil {
			return err
		}
	}
	return save(ctx, s, "ben", func(a *loyalty.Account) { a.Debt, a.Fall = 1, noon })
}

var cases = slices.Concat(accountCases, needCases, dueCases, programCases)

var accountCases = []testCase{
	{Name: "account/unknown", Rule: "a member that was never saved has an empty account of version 0",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			a, err := load(ctx, s, "nobody", "A")
			return errors.Join(err, suite.Same("account", a, loyalty.Account{Member: "nobody"}))
		}},
	{Name: "save/read-back", Rule: "what Save writes Account returns, in every field",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			want := full()
			if err := s.Save(ctx, want); err != nil {
				return err
			}
			got, err := load(ctx, s, "anna", "A", "B", "R", "V", "W")
			return errors.Join(err, suite.Same("account", got, saved(want)))
		}},
	{Name: "save/version", Rule: "each Save raises the version by one, and one of an older version is refused and changes nothing",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			if err := s.Save(ctx, full()); err != nil {
				return err
			}
			before, err := state(ctx, s)
			if err != nil {
				return err
			}
			for _, version := range []int64{0, 2} {
				stale := full()
				stale.Version, stale.Debt = version, 77
				stale.Entries = []loyalty.Entry{entry("A", 1)}
				if err := s.Save(ctx, stale); !errors.Is(err, flywheel.ErrStale) || !errors.Is(err, flywheel.ErrConflict) {
					return fmt.Errorf("version %d: %v", version, err)
				}
			}
			after, err := state(ctx, s)
			return errors.Join(err, suite.Same("state", after, before))
		}},
	{Name: "save/refuse-invalid", Rule: "an account without a member is refused",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			if err := s.Save(ctx, loyalty.Account{}); !errors.Is(err, flywheel.ErrInvalid) {
				return fmt.Errorf("%v", err)
			}
			members, err := suite.Collect(s.Members(ctx))
			return errors.Join(err, suite.Same("members", len(members), 0))
		}},
	{Name: "save/copies", Rule: "what a caller does to an account afterwards does not reach the store",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			spoil := func(a *loyalty.Account) {
				a.Lots[0].Left, a.Activity[0].Amount, a.Receipts[1].Reversed = 55, 55, 55
				a.Receipts[1].Outcome.From[0].Points, a.Holds[0].From[0].Points, a.Orders[0].Points = 55, 55, 55
			}
			a := full()
			if err := s.Save(ctx, a); err != nil {
				return err
			}
			spoil(&a)
			got, err := load(ctx, s, "anna", "A", "B", "R", "V", "W")
			if err != nil {
				return err
			}
			want := saved(full())
			if err := suite.Same("account after changing what was saved", got, want); err != nil {
				return err
			}
			spoil(&got)
			for r, err := range s.Receipts(ctx, "anna") {
				if err != nil {
					return err
				}
				if len(r.Outcome.From) > 0 {
					r.Outcome.From[0].Points = 55
				}
			}
			got, err = load(ctx, s, "anna", "A", "B", "R", "V", "W")
			return errors.Join(err, suite.Same("account after changing what was read", got, want))
		}},
	{Name: "account/open-lots", Rule: "All is the lots that hold points, and of the empty ones those whose ID or origin is a key, by sequence",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			err := save(ctx, s, "anna", func(a *loyalty.Account) {
				renewed := lot("B'", 4, 0)
				renewed.Origin = "B"
				a.Lots = []loyalty.Lot{lot("C", 3, 1), lot("A", 1, 0), lot("B", 2, 0), renewed}
			})
			return errors.Join(err,
				expectLots(ctx, s, []string{"C"}),
				expectLots(ctx, s, []string{"A", "C"}, "A", "unknown"),
				expectLots(ctx, s, []string{"B", "C", "B'"}, "B"),
				expectLots(ctx, s, []string{"C", "B'"}, "B'", "C"))
		}},
	{Name: "save/lots-move", Rule: "a lot that is emptied or refilled is stored as such, and lots that Save is not given stay",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			err := save(ctx, s, "anna", func(a *loyalty.Account) { a.Lots = []loyalty.Lot{lot("A", 1, 5), lot("B", 2, 5)} })
			err = errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) { a.Lots[0].Left = 0 }), expectLots(ctx, s, []string{"B"}))
			err = errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) { a.Lots = []loyalty.Lot{lot("A", 1, 7)} }), expectLots(ctx, s, []string{"A", "B"}))
			return errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) { a.Lots = nil }), expectLots(ctx, s, []string{"A", "B"}))
		}},
	{Name: "account/receipts", Rule: "Account returns the receipts asked for in the order of keys, each once, and no others",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			if err := s.Save(ctx, full()); err != nil {
				return err
			}
			a, err := load(ctx, s, "anna", "W", "unknown", "A", "W", "a")
			var keys []string
			for _, r := range a.Receipts {
				keys = append(keys, r.Key)
			}
			return errors.Join(err, suite.Same("keys", keys, []string{"W", "A"}))
		}},
	{Name: "receipts/replace", Rule: "a receipt that is saved again is replaced in its place",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			changed := receipt("A", loyalty.Burn)
			changed.Reversed = 4
			err := save(ctx, s, "anna", func(a *loyalty.Account) {
				a.Receipts = []loyalty.Receipt{receipt("A", loyalty.Burn), receipt("B", loyalty.Burn)}
			})
			err = errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) { a.Receipts = []loyalty.Receipt{receipt("C", loyalty.Burn), changed} }))
			got, listErr := suite.Collect(s.Receipts(ctx, "anna"))
			return errors.Join(err, listErr, suite.Same("receipts", got, []loyalty.Receipt{changed, receipt("B", loyalty.Burn), receipt("C", loyalty.Burn)}))
		}},
	{Name: "entries/append", Rule: "entries are appended in their order and loaded with no account",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			err := save(ctx, s, "anna", func(a *loyalty.Account) { a.Entries = []loyalty.Entry{entry("A", 1), entry("A", 2)} })
			err = errors.Join(err, save(ctx, s, "anna", func(a *loyalty.Account) {
				a.Entries = append(a.Entries, entry("B", 3), entry("B", 3))
			}))
			got, listErr := suite.Collect(s.Entries(ctx, "anna"))
			return errors.Join(err, listErr, suite.Same("entries", got, []loyalty.Entry{entry("A", 1), entry("A", 2), entry("B", 3), entry("B", 3)}))
		}},
	{Name: "members", Rule: "Members yields everyone saved, in byte order; identifiers are kept as they are",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			members := []flywheel.CustomerID{"%", "'; --", "ANNA", "Anna", "_", "anna", "ß", "日本", "😀"}
			slices.Sort(members)
			for i, m := range slices.Backward(members) {
				if err := save(ctx, s, m, func(a *loyalty.Account) { a.Debt = int64(i) }); err != nil {
					return err
				}
			}
			for i, m := range members {
				a, err := load(ctx, s, m)
				if err := errors.Join(err, suite.Same("debt of "+string(m), a.Debt, int64(i))); err != nil {
					return err
				}
			}
			got, err := suite.Collect(s.Members(ctx))
			return errors.Join(err, suite.Same("members", got, members))
		}},
	{Name: "keys/odd", Rule: "keys are compared byte by byte",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			keys := []string{"%", "'; --", "A", "_", "a", "a'", "ß", "ss", "日本"}
			err := save(ctx, s, "anna", func(a *loyalty.Account) {
				for _, k := range keys {
					a.Receipts = append(a.Receipts, receipt(k, loyalty.Burn))
				}
			})
			for _, k := range keys {
				a, loadErr := load(ctx, s, "anna", k)
				err = errors.Join(err, loadErr, suite.Same("receipts of "+k, a.Receipts, []loyalty.Receipt{receipt(k, loyalty.Burn)}))
			}
			return err
		}},
	{Name: "listing/stop-early", Rule: "a caller may stop ranging, and may save while ranging",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			err := save(ctx, s, "anna", func(a *loyalty.Account) {
				a.Entries = []loyalty.Entry{entry("A", 1), entry("A", 2)}
				a.Receipts = []loyalty.Receipt{receipt("A", loyalty.Burn), receipt("B", loyalty.Burn)}
			})
			if err != nil {
				return err
			}
			for range s.Entries(ctx, "anna") {
				if err := save(ctx, s, "ben", func(a *loyalty.Account) { a.Debt++ }); err != nil {
					return err
				}
				break
			}
			n := 0
			for m, err := range s.Members(ctx) {
				if err != nil {
					return err
				}
				n++
				if err := save(ctx, s, m, func(a *loyalty.Account) { a.Debt++ }); err != nil {
					return err
				}
			}
			return suite.Same("members", n, 2)
		}},
	{Name: "time/utc-microseconds", Rule: "times are kept in UTC, truncated to the microsecond",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			odd := noon.Add(123456789 * time.Nanosecond).In(time.FixedZone("east", 5*3600))
			want := noon.Add(123456 * time.Microsecond)
			r, e := receipt("A", loyalty.Earn), entry("A", 1)
			r.At, e.At = odd, odd
			err := save(ctx, s, "anna", func(a *loyalty.Account) {
				a.Settled = odd
				a.Lots = []loyalty.Lot{{ID: "A", Sequence: 1, Earned: odd, Available: odd, Expires: odd, Points: 1, Left: 1}}
				a.Activity = []loyalty.Activity{{At: odd, Amount: 1, Reverses: odd}}
				a.Receipts, a.Entries = []loyalty.Receipt{r}, []loyalty.Entry{e}
			})
			if err != nil {
				return err
			}
			a, err := load(ctx, s, "anna", "A")
			if err != nil || len(a.Lots) != 1 || len(a.Activity) != 1 || len(a.Receipts) != 1 {
				return fmt.Errorf("account %+v: %w", a, errors.Join(err, errors.New("incomplete")))
			}
			entries, err := suite.Collect(s.Entries(ctx, "anna"))
			if err != nil || len(entries) != 1 {
				return fmt.Errorf("entries %v: %w", entries, errors.Join(err, errors.New("incomplete")))
			}
			for i, got := range []time.Time{
				a.Settled, a.Lots[0].Earned, a.Lots[0].Available, a.Lots[0].Expires,
				a.Activity[0].At, a.Activity[0].Reverses, a.Receipts[0].At, entries[0].At,
			} {
				if got != want {
					return fmt.Errorf("time %d: got %v, want %v", i, got, want)
				}
			}
			return nil
		}},
	{Name: "context/canceled", Rule: "a canceled context stops every call without effect",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			canceled, cancel := context.WithCancel(ctx)
			cancel()
			_, account := s.Account(canceled, "anna", loyalty.Need{})
			_, receipts := suite.Collect(s.Receipts(canceled, "anna"))
			_, entries := suite.Collect(s.Entries(canceled, "anna"))
			_, members := suite.Collect(s.Members(canceled))
			_, due := s.Due(canceled, noon, 1)
			for i, err := range []error{s.Save(canceled, full()), account, receipts, entries, members, due, s.Forget(canceled, "anna")} {
				if !errors.Is(err, context.Canceled) {
					return fmt.Errorf("call %d: %v", i, err)
				}
			}
			a, err := load(ctx, s, "anna")
			return errors.Join(err, suite.Same("version", a.Version, int64(0)))
		}},
	{Name: "concurrent/one-version", Rule: "of many saving the same version at once, one succeeds and the others are refused",
		Check: func(ctx context.Context, s loyalty.Store, _ flywheel.Transactor) error {
			a, err := load(ctx, s, "anna")
			if err != nil {
				return err
			}
			_, raceErr := suite.Race(8, flywheel.ErrStale, func(i int) error {
				mine := a
				mine.Entries = []loyalty.Entry{entry(fmt.Sprint(i), 1)}
				return s.Save(ctx, mine)
			})
			entries, err := suite.Collect(s.Entries(ctx, "anna"))
			return errors.Join(raceErr, err, suite.Same("entries", len(entries), 1))
		}},
	{Name: "tx/rollback", Rule: "what a transaction saved is gone when it fails", Transactions: true, Check: rollsBack(false)},
	{Name: "tx/rollback-on-panic", Rule: "what a transaction saved is gone when it panics", Transactions: true, Check: rollsBack(true)},
	{Name: "tx/commit", Rule: "what a transaction saved is seen within it and stays when it succeeds", Transactions: true,
		Check: func(ctx context.Context, s loyalty.Store, tx flywheel.Transactor) error {
			var within string
			err := tx.InTx(ctx, func(ctx context.Context) (err error) {
				if err := s.Save(ctx, full()); err != nil {
					return err
				}
				if err := upset(ctx, s); err != nil {
					return err
				}
				within, err = state(ctx, s)
				return err
			})
			after, stateErr := state(ctx, s)
			a, loadErr := load(ctx, s, "anna")
			return errors.Join(err, stateErr, loadErr, suite.Same("state", after, within), suite.Same("version", a.Version, int64(2)))
		}},
}

// rollsBack checks that nothing is left of a transaction that fails or panics, and
// that it can be done again.
func rollsBack(panics bool) check {
	return func(ctx context.Context, s loyalty.Store, tx flywheel.Transactor) error {
		if err := s.Save(ctx, full()); err != nil {
			return err
		}
		before, err := state(ctx, s)
		if err != nil {
			return err
		}
		err = suite.RollBack(ctx, tx, panics, func(ctx context.Context) error { return upset(ctx, s) })
		if err != nil {
			return err
		}
		after, err := state(ctx, s)
		return errors.Join(err, suite.Same("state", after, before), upset(ctx, s))
	}
}
