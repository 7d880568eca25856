package credit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var _ payment.Balance = (*credit.Service)(nil)

func eur(minor int64) money.Amount { return money.New(minor, money.EUR) }

func TestRefused(t *testing.T) {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	s, err := credit.New(nil, &credit.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	ctx := t.Context()
	err = s.Grant(ctx, "ann", "g", eur(800), "")
	require.NoError(t, err)
	for name, call := range map[string]func() error{
		"account": func() error { return s.Grant(ctx, "", "k", eur(1), "") },
		"key":     func() error { return s.Hold(ctx, "ann", "", eur(1), now.Add(1)) },
		"amount":  func() error { return s.Hold(ctx, "ann", "k", eur(0), now.Add(time.Hour)) },
		"until":   func() error { return s.Hold(ctx, "ann", "k", eur(1), now) },
		"of":      func() error { return s.GiveBack(ctx, "ann", "k", "", eur(1)) },
		"reason":  func() error { return s.Grant(ctx, "ann", "k", eur(1), strings.Repeat("x", 1001)) },
		"reason ": func() error { return s.Grant(ctx, "ann", "k", eur(1), "\xff") },
	} {
		err := call()
		var field *flywheel.FieldError
		require.ErrorAs(t, err, &field, name)
		require.Equal(t, strings.TrimSpace(name), field.Field)
	}
	require.NoError(t, s.Release(ctx, "ann", "none"), "nothing is held")
	require.NoError(t, s.Release(ctx, "nobody", "none"))
	b, err := s.Balance(ctx, "ann", money.EUR)
	require.NoError(t, err)
	require.Equal(t, credit.Balance{Spendable: eur(800), Held: eur(0)}, b)
	bad := credit.Move{Account: "ann", Key: "k", Kind: "gift", Amount: eur(1)}
	require.ErrorIs(t, bad.Check(), flywheel.ErrInvalid)
}

// Who asks for another's account learns what it would learn of one that is not there.
func TestActors(t *testing.T) {
	s, err := credit.New(nil, nil)
	require.NoError(t, err)
	require.NoError(t, s.Grant(t.Context(), "ann", "g", eur(800), ""))
	ann := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "ann"})
	ben := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "ben"})
	soon := time.Now().Add(time.Hour)
	require.NoError(t, s.Hold(ann, "ann", "h", eur(100), soon))
	for name, call := range map[string]func(account string) error{
		"balance": func(account string) error { _, err := s.Spendable(ben, account, money.EUR); return err },
		"hold":    func(account string) error { return s.Hold(ben, account, "x", eur(1), soon) },
		"commit":  func(account string) error { return s.Commit(ben, account, "h") },
		"grant":   func(account string) error { return s.Grant(ben, account, "x", eur(1), "") },
	} {
		theirs, none := call("ann"), call("eve")
		require.ErrorIs(t, theirs, flywheel.ErrNotFound, name)
		require.Equal(t, strings.ReplaceAll(none.Error(), "eve", "ann"), theirs.Error(), name)
	}
	require.NoError(t, s.Release(ben, "ann", "h"))
	for range s.Moves(ben, "ann") {
		t.Fatal("a move of another")
	}
	b, err := s.Balance(ann, "ann", money.EUR)
	require.NoError(t, err)
	require.Equal(t, credit.Balance{Spendable: eur(700), Held: eur(100)}, b)
	require.NoError(t, s.Commit(ann, "ann", "h"))
}

// Whatever is asked for, what was granted is what is spendable, held and spent.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
		s, err := credit.New(nil, &credit.Options{Now: func() time.Time { return now }})
		require.NoError(t, err)
		granted := int64(1000)
		err = s.Grant(ctx, "ann", "first", eur(granted), "")
		require.NoError(t, err)
		key := func(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "key")) }
		amount := func(t *rapid.T) money.Amount { return eur(rapid.Int64Range(1, 400).Draw(t, "amount")) }
		t.Repeat(map[string]func(*rapid.T){
			"grant": func(t *rapid.T) {
				before, _ := s.Spendable(ctx, "ann", money.EUR)
				a := amount(t)
				if err := s.Grant(ctx, "ann", "g"+key(t), a, ""); err == nil {
					after, _ := s.Spendable(ctx, "ann", money.EUR)
					granted += after.Minor() - before.Minor()
				}
			},
			"hold":    func(t *rapid.T) { _ = s.Hold(ctx, "ann", "h"+key(t), amount(t), now.Add(time.Minute)) },
			"commit":  func(t *rapid.T) { _ = s.Commit(ctx, "ann", "h"+key(t)) },
			"release": func(t *rapid.T) { _ = s.Release(ctx, "ann", "h"+key(t)) },
			"back":    func(t *rapid.T) { _ = s.GiveBack(ctx, "ann", "r"+key(t), "h"+key(t), amount(t)) },
			"time":    func(t *rapid.T) { now = now.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "s")) * time.Second) },
			"": func(t *rapid.T) {
				b, err := s.Balance(ctx, "ann", money.EUR)
				require.NoError(t, err)
				spent, held := int64(0), int64(0)
				for m, err := range s.Moves(ctx, "ann") {
					require.NoError(t, err)
					switch {
					case m.State == credit.Committed:
						require.LessOrEqual(t, m.Returned, m.Amount.Minor())
						spent += m.Amount.Minor() - m.Returned
					case m.State == credit.Open && now.Before(m.Until):
						held += m.Amount.Minor()
					}
				}
				require.Equal(t, held, b.Held.Minor())
				require.Equal(t, granted, b.Spendable.Minor()+held+spent)
				require.GreaterOrEqual(t, b.Spendable.Minor(), int64(0))
			},
		})
	})
}
