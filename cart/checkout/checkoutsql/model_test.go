package checkoutsql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// kindOf is the kind of an error, for stores word theirs differently.
func kindOf(err error) error {
	for _, kind := range []error{checkout.ErrSessionStale, checkout.ErrOpen, checkout.ErrKeyTaken, flywheel.ErrNotFound} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

var errBack = errors.New("roll back")

// Whatever is asked for, in transactions that commit or not, each SQL store answers as
// the one in memory does.
func TestModel(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		testkit.Checks(t, 40, 6)
		store := sqldbtest.Store(t, open(t), d, checkoutsql.New)
		rapid.Check(t, func(t *rapid.T) {
			ctx := context.Background()
			memory := checkout.NewMemory(nil)
			customers := []flywheel.CustomerID{"anna", "Anna"}
			for _, c := range customers { // what the check before left
				require.NoError(t, store.Forget(ctx, c))
			}
			start := time.Date(2026, 3, 10, 9, 0, 0, 1000, time.UTC)
			instant := func(name string) time.Time {
				if n := rapid.IntRange(-2, 5).Draw(t, name); n >= 0 {
					return start.Add(time.Duration(n) * time.Minute)
				}
				return time.Time{}
			}
			id := func() checkout.SessionID {
				return checkout.SessionID(rapid.SampledFrom([]string{"s", "S", "t", "u"}).Draw(t, "session"))
			}
			of := func() cart.ID { return cart.ID(rapid.SampledFrom([]string{"c", "C", "d"}).Draw(t, "cart")) }
			claim := func() checkout.Claim {
				if !rapid.Bool().Draw(t, "claims") {
					return checkout.Claim{}
				}
				return checkout.Claim{
					Owner: rapid.SampledFrom([]string{"customer/anna", "cart/c"}).Draw(t, "owner"), Key: rapid.SampledFrom([]string{"k", "K"}).Draw(t, "key"),
				}
			}
			changed := func(s checkout.Session) checkout.Session {
				if s.Revision == 0 {
					s = sample(s.ID)
					s.Cart, s.Customer = of(), rapid.SampledFrom(customers).Draw(t, "customer")
				}
				s.Option = rapid.SampledFrom([]string{"", "standard", "pickup"}).Draw(t, "option")
				s.Codes, s.Claim, s.Due = nil, claim(), instant("due")
				for range rapid.IntRange(0, 2).Draw(t, "codes") {
					s.Codes = append(s.Codes, "TEN")
				}
				s.Closed = rapid.SampledFrom([]checkout.SessionStatus{"", "", "", checkout.Completed, checkout.Expired}).Draw(t, "closed")
				s.Try, s.Loose = nil, nil
				if phase := rapid.SampledFrom([]checkout.TryPhase{"", checkout.TryAuthorizing, checkout.TryAction}).Draw(t, "try"); phase != "" {
					zero := money.New(0, money.EUR)
					s.Try = &checkout.Try{Ref: "try", Phase: phase, Until: instant("until"), Held: true, Amount: zero, Tender: -1, Order: order.Order{
						ID: "o", Currency: money.EUR, Lines: []order.Line{}, Subtotal: zero, Discount: zero, Net: zero, Tax: zero, Total: zero,
						Payment: order.Payment{Authorized: zero, Captured: zero, Refunded: zero},
					}}
				}
				if rapid.Bool().Draw(t, "loose") {
					s.Loose = []checkout.LooseCharge{{Key: "charge", Amount: money.New(1, money.EUR), Next: start}}
				}
				return s
			}
			same := func(what string, want, got any, wantErr, gotErr error) {
				require.Equal(t, kindOf(wantErr), kindOf(gotErr), "%s: %v and %v", what, wantErr, gotErr)
				require.Equal(t, want, got, what)
			}
			save := func(ctx1, ctx2 context.Context) error {
				s, err := memory.Session(ctx1, id())
				if err != nil {
					s = checkout.Session{ID: id()}
					if there, err := memory.Session(ctx1, s.ID); err == nil {
						s.Revision = there.Revision
						s = there
					}
				}
				s = changed(s)
				if rapid.IntRange(0, 4).Draw(t, "stale") == 0 {
					s.Revision += rapid.Int64Range(-1, 1).Draw(t, "by")
				}
				holder, err := memory.KeyHolder(ctx1, s.Claim.Owner, s.Claim.Key)
				want, wantErr := memory.SaveSession(ctx1, s)
				got, gotErr := store.SaveSession(ctx2, s)
				if errors.Is(wantErr, checkout.ErrOpen) && errors.Is(gotErr, checkout.ErrKeyTaken) && err == nil && holder != s.ID {
					gotErr = checkout.ErrOpen // both are so
				}
				same("SaveSession", want, got, wantErr, gotErr)
				return wantErr
			}
			t.Repeat(map[string]func(*rapid.T){
				"save": func(*rapid.T) { _ = save(ctx, ctx) },
				"transaction": func(t *rapid.T) {
					n, back := rapid.IntRange(1, 3).Draw(t, "saves"), rapid.Bool().Draw(t, "back")
					var inner error
					err := memory.InTx(ctx, func(ctx1 context.Context) error {
						return store.Handle().InTx(ctx, func(ctx2 context.Context) error {
							for range n {
								if inner = save(ctx1, ctx2); inner != nil {
									return inner
								}
							}
							if back {
								return errBack
							}
							return nil
						})
					})
					switch {
					case inner != nil:
						require.Equal(t, kindOf(inner), kindOf(err))
					case back:
						require.ErrorIs(t, err, errBack)
					default:
						require.NoError(t, err)
					}
				},
				"forget": func(t *rapid.T) {
					if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
						c := rapid.SampledFrom(customers).Draw(t, "customer")
						require.NoError(t, memory.Forget(ctx, c))
						require.NoError(t, store.Forget(ctx, c))
					}
				},
				"": func(t *rapid.T) {
					for _, s := range []checkout.SessionID{"s", "S", "t", "u"} {
						want, wantErr := memory.Session(ctx, s)
						got, gotErr := store.Session(ctx, s)
						same(fmt.Sprint("Session ", s), want, got, wantErr, gotErr)
					}
					c, k := of(), claim()
					want, wantErr := memory.OpenSession(ctx, c)
					got, gotErr := store.OpenSession(ctx, c)
					same("OpenSession", want, got, wantErr, gotErr)
					if k != (checkout.Claim{}) {
						want, wantErr := memory.KeyHolder(ctx, k.Owner, k.Key)
						got, gotErr := store.KeyHolder(ctx, k.Owner, k.Key)
						same("KeyHolder", want, got, wantErr, gotErr)
					}
					at, limit := instant("at"), rapid.IntRange(1, 4).Draw(t, "limit")
					wants, wantErr := memory.DueSessions(ctx, at, limit)
					gots, gotErr := store.DueSessions(ctx, at, limit)
					require.Len(t, gots, len(wants))
					if len(wants) > 0 {
						same("DueSessions", wants, gots, wantErr, gotErr)
					}
					after := checkout.SessionID(rapid.SampledFrom([]string{"", "S", "t"}).Draw(t, "after"))
					wants, wantErr = memory.PendingSessions(ctx, after, limit)
					gots, gotErr = store.PendingSessions(ctx, after, limit)
					require.Len(t, gots, len(wants))
					if len(wants) > 0 {
						same("PendingSessions", wants, gots, wantErr, gotErr)
					}
				},
			})
		})
	})
}
