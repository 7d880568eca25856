package loyalty_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The laws of the ledger, on random operations: books agree with the account,
// all books sum to zero, no lot is negative, and the service over a store
// answers as the pure ledger does.
func TestLedgerLaws(t *testing.T) { rapid.Check(t, checkLedger) }

// FuzzLedger looks for operations that break the laws of the ledger.
func FuzzLedger(f *testing.F) {
	f.Add(testkit.Bytes(4096))
	f.Fuzz(rapid.MakeFuzz(checkLedger))
}

func checkLedger(t *rapid.T) {
	p := loyalty.Program{
		BurnOrder:    rapid.SampledFrom([]loyalty.BurnOrder{loyalty.OldestFirst, loyalty.ExpiringFirst}).Draw(t, "order"),
		Clawback:     rapid.SampledFrom([]loyalty.Clawback{loyalty.Negative, loyalty.OtherLots, loyalty.FloorZero}).Draw(t, "clawback"),
		PendingFor:   rapid.SampledFrom([]string{"", "P3D"}).Draw(t, "pending"),
		Expiry:       loyalty.Expiry{After: rapid.SampledFrom([]string{"", "P10D"}).Draw(t, "expiry")},
		RestoreGrace: rapid.SampledFrom([]string{"", "P5D"}).Draw(t, "grace"),
		Tiering:      tiered.Tiering,
	}
	ledger, err := loyalty.NewLedger(p)
	require.NoError(t, err)
	s, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{p}})
	require.NoError(t, err)
	var account loyalty.Account
	at := newYear
	var keys []string
	for i := range rapid.IntRange(1, 40).Draw(t, "operations") {
		at = at.Add(time.Duration(rapid.IntRange(-2, 72).Draw(t, "hours")) * time.Hour)
		op := loyalty.Operation{
			Member: member, Key: fmt.Sprint("k", i), At: at, Points: rapid.Int64Range(1, 100).Draw(t, "points"),
			Kind: rapid.SampledFrom([]loyalty.Kind{loyalty.Earn, loyalty.Earn, loyalty.Burn, loyalty.ReverseEarn, loyalty.ReverseBurn}).Draw(t, "kind"),
		}
		if op.Kind == loyalty.ReverseEarn || op.Kind == loyalty.ReverseBurn {
			if len(keys) == 0 {
				continue
			}
			op.Of = rapid.SampledFrom(keys).Draw(t, "of")
			if rapid.Bool().Draw(t, "all") {
				op.Points = loyalty.All
			}
		}
		op.Qualifying = rapid.Int64Range(0, 100).Draw(t, "qualifying")
		keys = append(keys, op.Key)
		before := account
		var receipt loyalty.Receipt
		account, receipt, err = ledger.Apply(account, op)
		stored, serviceErr := s.Apply(context.Background(), op)
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(serviceErr))
		require.Equal(t, receipt.Outcome, stored.Outcome)
		if err != nil && receipt.Outcome.Refusal == "" {
			require.Equal(t, before, account)
		}
		check(t, ledger, account)
	}
	balance, err := s.BalanceAt(context.Background(), member, at)
	require.NoError(t, err)
	want := ledger.Balance(account, at)
	if len(account.Receipts) == 0 {
		want = balance // nothing was ever saved
	}
	require.Equal(t, want, balance)
	if len(account.Receipts) > 0 {
		require.Equal(t, account.Entries, collect(t, s.Entries(context.Background(), member)))
		require.Equal(t, account.Receipts, collect(t, s.Receipts(context.Background(), member)))
	}
}

func collect[T any](t require.TestingT, all iter.Seq2[T, error]) (list []T) {
	for x, err := range all {
		require.NoError(t, err)
		list = append(list, x)
	}
	return list
}

func check(t *rapid.T, ledger *loyalty.Ledger, a loyalty.Account) {
	books := loyalty.TrialBalance(a.Entries...)
	sum := int64(0)
	for _, points := range books {
		sum += points
	}
	b := ledger.Balance(a, a.Settled)
	require.Zero(t, sum)
	require.Equal(t, b.Available+b.Debt, books[loyalty.BookAvailable])
	require.Equal(t, b.Pending, books[loyalty.BookPending])
	require.Equal(t, -b.Debt, books[loyalty.BookDebt])
	require.Equal(t, b.Redeemed, books[loyalty.BookRedeemed])
	require.Equal(t, b.Expired, books[loyalty.BookExpired])
	held := int64(0)
	for _, lot := range a.Lots {
		require.GreaterOrEqual(t, lot.Left, int64(0))
		require.GreaterOrEqual(t, lot.Expired, int64(0))
		held += lot.Left
	}
	require.Equal(t, b.Available+b.Debt+b.Pending, held)
}

// Points of any split of an order are taken back to the last one.
func TestRefundsTakeEverythingBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{{Earning: loyalty.Earning{PerUnit: money.MustRate("1.37")}}}})
		require.NoError(t, err)
		total := rapid.Int64Range(1, 100_000).Draw(t, "total")
		require.NoError(t, consume(s, purchase("O", total, newYear)))
		for i := 0; total > 0; i++ {
			part := rapid.Int64Range(1, total).Draw(t, "part")
			total -= part
			require.NoError(t, consume(s, refund(fmt.Sprint("r", i), "O", part, newYear)))
		}
		b, err := s.BalanceAt(context.Background(), member, newYear)
		require.NoError(t, err)
		require.Zero(t, b.Available)
		require.Zero(t, b.Debt)
	})
}
