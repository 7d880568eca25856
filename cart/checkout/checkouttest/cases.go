package checkouttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var saveCases = []testCase{
	{Name: "save/whole", Rule: "a session comes back as it was saved, with Revision 1 and counting", Check: func(w *world) error {
		want := sample("s")
		want.Revision = 1
		got, err := w.SaveSession(ctx, sample("s"))
		if err := suite.First(err, suite.Same("SaveSession", got, want), w.expect(want)); err != nil {
			return err
		}
		got.Try, got.Claim, got.Closed, got.Order, got.Codes = nil, checkout.Claim{}, checkout.Completed, "o", nil
		want = got.Clone()
		want.Revision = 2
		got, err = w.SaveSession(ctx, got)
		return suite.First(err, suite.Same("second SaveSession", got, want), w.expect(want))
	}},
	{Name: "save/copy", Rule: "a store shares no memory with what it takes and gives", Check: func(w *world) error {
		s := sample("s")
		out, err := w.SaveSession(ctx, s)
		if err != nil {
			return err
		}
		spoil := func(s checkout.Session) {
			s.Codes[0], s.Tenders[0].ID, s.Metadata["campaign"], s.Address.Country, s.Address.Street[0] = "x", "x", "x", "XX", "x"
			s.Seen.Lines[0].Quantity, s.Seen.Applied[0].Allocations[0].Path, s.Try.Units[0].Quantity, s.Try.Ref = 77, "x", 77, "x"
			s.Loose[0].Key, s.Buyer.Consent[0] = "x", "x"
			s.Deliveries[0].Lines[0], s.Deliveries[1].Option, s.Seen.Groups[0].Lines[0] = "x", "x", "x"
		}
		spoil(s)
		spoil(out)
		want := sample("s")
		want.Revision = 1
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after SaveSession: %w", err)
		}
		got, err := w.Session(ctx, "s")
		if err != nil {
			return err
		}
		spoil(got)
		open, err := w.OpenSession(ctx, "cart-s")
		if err != nil {
			return err
		}
		spoil(open)
		due, err := w.DueSessions(ctx, start.Add(time.Hour), 1)
		if err != nil || len(due) != 1 {
			return fmt.Errorf("%d are due, want 1: %w", len(due), err)
		}
		spoil(due[0])
		pending, err := w.PendingSessions(ctx, "", 1)
		if err != nil || len(pending) != 1 {
			return fmt.Errorf("%d are pending, want 1: %w", len(pending), err)
		}
		spoil(pending[0])
		return w.expect(want)
	}},
	{Name: "save/stale-revision", Rule: "SaveSession refuses a revision that is not the stored one", Check: func(w *world) error {
		if err := w.save(sample("s")); err != nil {
			return err
		}
		s, err := w.Session(ctx, "s")
		if err != nil {
			return err
		}
		now, err := w.SaveSession(ctx, s)
		if err != nil {
			return err
		}
		s.Option = "express"
		_, stale := w.SaveSession(ctx, s)
		s.Revision = 0
		_, again := w.SaveSession(ctx, s)
		s.Revision = 7
		_, ahead := w.SaveSession(ctx, s)
		unknown := sample("t")
		unknown.Revision = 1
		_, missing := w.SaveSession(ctx, unknown)
		return suite.First(
			suite.Wrong("an old revision", stale, checkout.ErrSessionStale), suite.Wrong("revision 0", again, checkout.ErrSessionStale),
			suite.Wrong("a revision ahead", ahead, checkout.ErrSessionStale), suite.Wrong("one that is not stored", missing, checkout.ErrSessionStale),
			w.expect(now),
		)
	}},
	{Name: "save/times", Rule: "times are kept in UTC to the microsecond", Check: func(w *world) error {
		zone := time.FixedZone("east", 3600)
		s := with("s", func(s *checkout.Session) {
			s.OpenedAt, s.Try.Until = start.Add(789*time.Nanosecond).In(zone), start.Add(time.Minute+789*time.Nanosecond).In(zone)
		})
		if err := w.save(s); err != nil {
			return err
		}
		want := sample("s")
		want.Revision = 1
		return w.expect(want)
	}},
	{Name: "save/one-open", Rule: "a cart has one session that is not closed", Check: func(w *world) error {
		other := with("t", func(s *checkout.Session) { s.Cart = "cart-s" })
		if err := w.save(sample("s")); err != nil {
			return err
		}
		_, taken := w.SaveSession(ctx, other)
		if err := suite.Wrong("a second open session", taken, checkout.ErrOpen); err != nil {
			return err
		}
		closed := other.Clone()
		closed.Closed, closed.ID, closed.Claim.Key = checkout.Expired, "old", "old"
		if err := w.save(closed); err != nil {
			return err
		}
		s, err := w.Session(ctx, "s")
		if err != nil {
			return err
		}
		s.Closed = checkout.Canceled
		return suite.First(w.save(s), w.save(other))
	}},
	{Name: "save/key", Rule: "a key of an owner belongs to one session until that lets it go", Check: func(w *world) error {
		if err := w.save(sample("s"), with("t", func(s *checkout.Session) { s.Claim = checkout.Claim{} })); err != nil {
			return err
		}
		t, err := w.Session(ctx, "t")
		if err != nil {
			return err
		}
		t.Claim = checkout.Claim{Owner: "customer/anna", Key: "key-s"}
		_, taken := w.SaveSession(ctx, t)
		_, fresh := w.SaveSession(ctx, with("u", func(s *checkout.Session) { s.Claim.Key = "key-s" }))
		if err := suite.First(suite.Wrong("a key that is taken", taken, checkout.ErrKeyTaken), suite.Wrong("in a new session", fresh, checkout.ErrKeyTaken)); err != nil {
			return err
		}
		if err := w.save(with("v", func(s *checkout.Session) { s.Claim = checkout.Claim{Owner: "customer/ben", Key: "key-s"} })); err != nil {
			return fmt.Errorf("the key of another owner: %w", err)
		}
		holder, err := w.KeyHolder(ctx, "customer/anna", "key-s")
		if err := suite.First(err, suite.Same("KeyHolder", holder, checkout.SessionID("s"))); err != nil {
			return err
		}
		s, err := w.Session(ctx, "s")
		if err != nil {
			return err
		}
		s.Claim = checkout.Claim{}
		if err := w.save(s); err != nil {
			return err
		}
		_, free := w.KeyHolder(ctx, "customer/anna", "key-s")
		return suite.First(suite.Wrong("KeyHolder of a free key", free, flywheel.ErrNotFound), w.save(t))
	}},
	{Name: "save/parallel", Rule: "of parallel saves of one revision one wins", Check: func(w *world) error {
		if err := w.save(sample("s")); err != nil {
			return err
		}
		s, err := w.Session(ctx, "s")
		if err != nil {
			return err
		}
		_, err = suite.Race(8, checkout.ErrSessionStale, func(i int) error {
			mine := s.Clone()
			mine.Option = fmt.Sprint(i)
			_, err := w.SaveSession(ctx, mine)
			return err
		})
		return err
	}},
}

var findCases = []testCase{
	{Name: "find/missing", Rule: "what is not there is reported as not found", Check: func(w *world) error {
		_, session := w.Session(ctx, "s")
		_, open := w.OpenSession(ctx, "cart-s")
		_, key := w.KeyHolder(ctx, "customer/anna", "key-s")
		return suite.First(
			suite.Wrong("Session", session, flywheel.ErrNotFound), suite.Wrong("OpenSession", open, flywheel.ErrNotFound),
			suite.Wrong("KeyHolder", key, flywheel.ErrNotFound),
		)
	}},
	{Name: "find/texts", Rule: "texts are compared byte by byte", Check: func(w *world) error {
		if err := w.save(sample("s"), sample("S"), sample("é")); err != nil {
			return err
		}
		got, err := w.OpenSession(ctx, "cart-S")
		if err := suite.First(err, suite.Same("OpenSession", got.ID, checkout.SessionID("S"))); err != nil {
			return err
		}
		_, err = w.OpenSession(ctx, "CART-s")
		return suite.Wrong("OpenSession", err, flywheel.ErrNotFound)
	}},
	{Name: "find/due", Rule: "DueSessions returns what is due, those due first first, then by ID, at most limit", Check: func(w *world) error {
		due := func(id string, seconds int) checkout.Session {
			return with(id, func(s *checkout.Session) {
				if s.Due = start.Add(time.Duration(seconds) * time.Second); seconds < 0 {
					s.Due = time.Time{}
				}
			})
		}
		if err := w.save(due("c", 2), due("b", 1), due("a", 2), due("never", -1), due("later", 9)); err != nil {
			return err
		}
		for limit, want := range map[int][]string{1: {"b"}, 2: {"b", "a"}, 9: {"b", "a", "c"}} {
			list, err := w.DueSessions(ctx, start.Add(2*time.Second), limit)
			if err := suite.First(err, suite.Same("DueSessions", ids(list), want)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "find/pending", Rule: "PendingSessions returns sessions with a try to resume behind an ID, by ID, at most limit", Check: func(w *world) error {
		waits := with("b", func(s *checkout.Session) { s.Try.Phase = checkout.TryAction })
		none := with("c", func(s *checkout.Session) { s.Try = nil })
		if err := w.save(sample("d"), waits, none, sample("a"), sample("e")); err != nil {
			return err
		}
		all, err := w.PendingSessions(ctx, "", 9)
		if err := suite.First(err, suite.Same("PendingSessions", ids(all), []string{"a", "d", "e"})); err != nil {
			return err
		}
		some, err := w.PendingSessions(ctx, "a", 1)
		return suite.First(err, suite.Same("PendingSessions behind a", ids(some), []string{"d"}))
	}},
	{Name: "find/forget", Rule: "Forget removes the sessions of a customer and no others", Check: func(w *world) error {
		guest := with("g", func(s *checkout.Session) { s.Customer, s.Claim.Owner = "", "cart/cart-g" })
		ben := with("b", func(s *checkout.Session) { s.Customer, s.Claim.Owner = "ben", "customer/ben" })
		if err := w.save(sample("s"), guest, ben); err != nil {
			return err
		}
		if err := suite.First(w.Forget(ctx, "anna"), w.Forget(ctx, ""), w.Forget(ctx, "nobody")); err != nil {
			return err
		}
		_, gone := w.Session(ctx, "s")
		_, key := w.KeyHolder(ctx, "customer/anna", "key-s")
		guest.Revision, ben.Revision = 1, 1
		return suite.First(
			suite.Wrong("Session", gone, flywheel.ErrNotFound), suite.Wrong("KeyHolder", key, flywheel.ErrNotFound), w.expect(guest), w.expect(ben),
		)
	}},
	{Name: "find/canceled", Rule: "a canceled ctx ends a call", Check: func(w *world) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := w.Session(ctx, "s")
		_, saved := w.SaveSession(ctx, sample("s"))
		return suite.First(suite.Wrong("Session", err, context.Canceled), suite.Wrong("SaveSession", saved, context.Canceled))
	}},
}

func ids(list []checkout.Session) []string {
	names := []string{}
	for i := range list {
		names = append(names, string(list[i].ID))
	}
	return names
}

var transactionCases = []testCase{
	{Name: "transaction/commit", Transactions: true, Rule: "calls in one transaction see each other and are kept together", Check: func(w *world) error {
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			s, err := w.SaveSession(ctx, sample("s"))
			if err != nil {
				return err
			}
			s.Option = "express"
			if _, err := w.SaveSession(ctx, s); err != nil {
				return err
			}
			got, err := w.OpenSession(ctx, "cart-s")
			return suite.First(err, suite.Same("within", got.Option, "express"))
		})
		want := with("s", func(s *checkout.Session) { s.Option, s.Revision = "express", 2 })
		return suite.First(err, w.expect(want))
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error or a panic of the transaction takes back every call in it", Check: func(w *world) error {
		if err := w.save(sample("s")); err != nil {
			return err
		}
		for _, panics := range []bool{false, true} {
			err := suite.RollBack(ctx, w.tx, panics, func(ctx context.Context) error {
				s, err := w.Session(ctx, "s")
				if err != nil {
					return err
				}
				s.Closed, s.Claim, s.Try = checkout.Canceled, checkout.Claim{}, nil
				if _, err := w.SaveSession(ctx, s); err != nil {
					return err
				}
				other := with("t", func(s *checkout.Session) { s.Cart = "cart-s" })
				if _, err := w.SaveSession(ctx, other); err != nil {
					return err
				}
				return w.Forget(ctx, "anna")
			})
			want := sample("s")
			want.Revision = 1
			open, missing := w.OpenSession(ctx, "cart-s")
			holder, unknown := w.KeyHolder(ctx, "customer/anna", "key-s")
			_, gone := w.Session(ctx, "t")
			pending, failed := w.PendingSessions(ctx, "", 9)
			err = suite.First(
				err, w.expect(want), missing, suite.Same("OpenSession", open.ID, want.ID), unknown, suite.Same("KeyHolder", holder, want.ID),
				suite.Wrong("Session t", gone, flywheel.ErrNotFound), failed, suite.Same("PendingSessions", ids(pending), []string{"s"}),
			)
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "transaction/refusal-within", Transactions: true, Rule: "a refused call leaves the rest of the transaction as it is", Check: func(w *world) error {
		if err := w.save(sample("s"), with("f", func(s *checkout.Session) { s.Claim = checkout.Claim{} })); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if _, err := w.SaveSession(ctx, sample("t")); err != nil {
				return err
			}
			_, stale := w.SaveSession(ctx, sample("s")) // has revision 0
			_, open := w.SaveSession(ctx, with("x", func(s *checkout.Session) { s.Cart = "cart-s" }))
			f, err := w.Session(ctx, "f")
			if err != nil {
				return err
			}
			f.Claim = checkout.Claim{Owner: "customer/anna", Key: "key-s"}
			_, taken := w.SaveSession(ctx, f)
			if err := suite.First(
				suite.Wrong("SaveSession", stale, checkout.ErrSessionStale), suite.Wrong("a second open session", open, checkout.ErrOpen),
				suite.Wrong("a taken key", taken, checkout.ErrKeyTaken),
			); err != nil {
				return err
			}
			_, err = w.SaveSession(ctx, sample("u"))
			return err
		})
		_, t := w.Session(ctx, "t")
		_, u := w.Session(ctx, "u")
		return errors.Join(err, t, u)
	}},
}
