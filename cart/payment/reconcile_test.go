package payment_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var terms = payment.Terms{
	Rate: money.MustRate("0.014"), Fixed: money.New(25, money.EUR), Within: 72 * time.Hour,
	Through: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
}

func fee(t require.TestingT, amount money.Amount) money.Amount {
	f, err := amount.MulRate(terms.Rate, money.HalfUp)
	require.NoError(t, err)
	f, err = f.Add(terms.Fixed)
	require.NoError(t, err)
	return f
}

// settlement makes the books of a month and the report that agrees with them.
func settlement(t require.TestingT, rng *rand.Rand, rows int) (report []payment.Posting, books []payment.Movement) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for n := 0; len(report) < rows; n++ {
		auth := fmt.Sprint("pi_", n)
		at := start.Add(time.Duration(rng.IntN(25*24*3600)) * time.Second)
		references := rng.IntN(3) > 0 // else the books or the report know none
		move := func(kind payment.MoveKind, amount money.Amount, i int) {
			if len(report) == rows {
				return
			}
			at = at.Add(time.Duration(rng.IntN(3600)) * time.Second)
			ref := ""
			if references {
				ref = fmt.Sprint(kind, "-", n, "-", i)
			}
			books = append(books, payment.Movement{Order: fmt.Sprint("o-", n), Authorization: auth, Kind: kind, Reference: ref, Amount: amount, At: at})
			p := payment.Posting{
				ID: fmt.Sprint("txn_", n, "_", kind, i), Authorization: auth, Kind: kind, Reference: ref, Amount: amount,
				Fee: money.New(0, money.EUR), Payout: fmt.Sprint("po_", at.Day()), At: at.Add(time.Duration(rng.IntN(48*3600)) * time.Second),
			}
			if kind == payment.MoveCapture {
				p.Fee = fee(t, amount)
			} else if rng.IntN(2) == 0 {
				p.Fee = money.Amount{}
			}
			report = append(report, p)
		}
		total := int64(500 + rng.IntN(20000))
		switch rng.IntN(4) {
		case 0: // in parts that are alike
			move(payment.MoveCapture, eur(total), 0)
			move(payment.MoveCapture, eur(total), 1)
		default:
			move(payment.MoveCapture, eur(total), 0)
		}
		if rng.IntN(3) == 0 {
			move(payment.MoveRefund, eur(1+total/3), 0)
		}
		if rng.IntN(50) == 0 {
			move(payment.MoveDispute, eur(total/4+1), 0)
		}
	}
	rng.Shuffle(len(report), func(i, j int) { report[i], report[j] = report[j], report[i] })
	return report, books
}

// payouts adds the rows of payouts, each the sum of its rows.
func payouts(report []payment.Posting) []payment.Posting {
	sums := map[string]int64{}
	var ids []string
	for _, p := range report {
		if _, ok := sums[p.Payout]; !ok {
			ids = append(ids, p.Payout)
		}
		n := p.Amount.Minor()
		if p.Kind != payment.MoveCapture {
			n = -n
		}
		if p.Amount.Currency() == money.EUR {
			sums[p.Payout] += n
		}
		if p.Fee.Currency() == money.EUR {
			sums[p.Payout] -= p.Fee.Minor()
		}
	}
	for _, id := range ids {
		if sums[id] > 0 {
			report = append(report, payment.Posting{ID: id, Payout: id, Kind: payment.MovePayout, Amount: eur(sums[id])})
		}
	}
	return report
}

func names(r *payment.Reconciliation) (list []string) {
	for _, d := range r.Differences {
		switch {
		case d.Posting != nil:
			list = append(list, fmt.Sprint(d.Kind, " ", d.Posting.ID))
		default:
			list = append(list, fmt.Sprint(d.Kind, " ", d.Movement.Order, " ", d.Movement.Kind, " ", d.Movement.At.Unix()))
		}
	}
	slices.Sort(list)
	return list
}

// Fifty faults in a report of 10,000 rows are all named, and nothing else is.
func TestFiftyFaults(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 11))
		report, books := settlement(t, rng, 10_000)
		clean, err := payment.Reconcile(payouts(slices.Clone(report)), books, &terms)
		require.NoError(t, err)
		require.Empty(t, clean.Differences)
		require.Equal(t, len(books), clean.Matched)

		var want []string
		gone := map[int]bool{}
		touched := map[string]bool{} // one fault per authorization
		pick := func(kind payment.MoveKind) int {
			for {
				i := rng.IntN(10_000)
				if p := report[i]; !touched[p.Authorization] && (kind == "" || p.Kind == kind) {
					touched[p.Authorization] = true
					return i
				}
			}
		}
		type like struct {
			authorization, reference string
			kind                     payment.MoveKind
		}
		alike := map[like][]payment.Movement{}
		for _, m := range books {
			key := like{m.Authorization, m.Reference, m.Kind}
			alike[key] = append(alike[key], m)
		}
		movement := func(p payment.Posting) payment.Movement { return alike[like{p.Authorization, p.Reference, p.Kind}][0] }
		single := func(p payment.Posting) bool { // else which of two alike it is nobody can tell
			return len(alike[like{p.Authorization, p.Reference, p.Kind}]) == 1
		}
		for n := range 50 {
			i := pick("")
			for !single(report[i]) {
				i = pick("")
			}
			p := &report[i]
			switch kind := []string{"missing", "double", "unknown", "amount", "currency", "fee", "dispute", "late"}[n%8]; kind {
			case "missing":
				m := movement(*p)
				gone[i] = true
				want = append(want, fmt.Sprint("missing ", m.Order, " ", m.Kind, " ", m.At.Unix()))
			case "double":
				again := *p
				if rng.IntN(2) == 0 {
					again.ID += " again"
				}
				report = append(report, again)
				want = append(want, "double "+again.ID)
			case "unknown":
				other := *p
				if other.Kind == payment.MoveDispute {
					other.Kind = payment.MoveRefund
				}
				other.ID, other.Authorization = "stray"+fmt.Sprint(n), "pi_stray"+fmt.Sprint(n)
				report = append(report, other)
				want = append(want, "unknown "+other.ID)
			case "amount":
				p.Amount = eur(p.Amount.Minor() + 1 + int64(rng.IntN(5)))
				if p.Kind == payment.MoveCapture {
					p.Fee = fee(t, p.Amount)
				}
				want = append(want, "amount "+p.ID)
			case "currency":
				p.Amount, p.Fee = money.New(p.Amount.Minor(), money.USD), money.New(p.Fee.Minor(), money.USD)
				if p.Kind == payment.MoveCapture {
					f, err := p.Amount.MulRate(terms.Rate, money.HalfUp)
					require.NoError(t, err)
					p.Fee = f
				}
				want = append(want, "currency "+p.ID)
			case "fee":
				p.Fee = eur(p.Fee.Minor() + 1)
				want = append(want, "fee "+p.ID)
			case "dispute":
				report = append(report, payment.Posting{
					ID: fmt.Sprint("dp_", n), Authorization: p.Authorization, Kind: payment.MoveDispute, Reference: fmt.Sprint("dp", n), Amount: eur(333), At: p.At,
				})
				want = append(want, fmt.Sprint("dispute dp_", n))
			case "late":
				p.At = movement(*p).At.Add(terms.Within + time.Second)
				want = append(want, "late "+p.ID)
			}
		}
		var kept []payment.Posting
		for i, p := range report {
			if !gone[i] {
				kept = append(kept, p)
			}
		}
		got, err := payment.Reconcile(payouts(kept), books, &terms)
		require.NoError(t, err)
		slices.Sort(want)
		require.Equal(t, want, names(got), "seed %d", seed)
	}
}

func TestReconcile(t *testing.T) {
	day := time.Date(2026, 3, 30, 12, 0, 0, 0, time.UTC)
	capture := func(id string, minor int64) payment.Posting {
		return payment.Posting{ID: id, Authorization: "pi", Kind: payment.MoveCapture, Amount: eur(minor), At: day}
	}
	moved := func(ref string, minor int64) payment.Movement {
		return payment.Movement{Order: "o", Authorization: "pi", Kind: payment.MoveCapture, Reference: ref, Amount: eur(minor), At: day}
	}
	// Two amounts that changed places are two rows that agree.
	got, err := payment.Reconcile([]payment.Posting{capture("a", 200), capture("b", 100)}, []payment.Movement{moved("", 100), moved("", 200)}, nil)
	require.NoError(t, err)
	require.Empty(t, got.Differences)
	require.Equal(t, []money.Amount{eur(300)}, got.Net)

	// References that differ never belong together.
	one, other := capture("a", 100), moved("x", 100)
	one.Reference = "y"
	got, err = payment.Reconcile([]payment.Posting{one}, []payment.Movement{other}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"missing o capture " + fmt.Sprint(day.Unix()), "unknown a"}, names(got))

	// What may still come is not missing yet.
	got, err = payment.Reconcile(nil, []payment.Movement{moved("", 100)}, &terms)
	require.NoError(t, err)
	require.Empty(t, got.Differences)
	require.Equal(t, 1, got.Pending)

	// A payout is the sum of its rows.
	part := capture("a", 100)
	part.Payout, part.Fee = "po", eur(3)
	payout := payment.Posting{ID: "po", Kind: payment.MovePayout, Amount: eur(98)}
	got, err = payment.Reconcile([]payment.Posting{part, payout}, []payment.Movement{moved("", 100)}, nil)
	require.NoError(t, err)
	require.Len(t, got.Differences, 1)
	require.Equal(t, [2]money.Amount{eur(97), eur(98)}, [2]money.Amount{got.Differences[0].Want, got.Differences[0].Got})
	require.Equal(t, `payout: row "po" of 0.98 EUR: 0.98 EUR, not 0.97 EUR`, got.Differences[0].String())

	for _, bad := range []func() error{
		func() error {
			_, err := payment.Reconcile([]payment.Posting{{ID: "a", Kind: "tip", Amount: eur(1)}}, nil, nil)
			return err
		},
		func() error {
			_, err := payment.Reconcile([]payment.Posting{{ID: "a", Kind: payment.MoveRefund}}, nil, nil)
			return err
		},
		func() error {
			_, err := payment.Reconcile(nil, []payment.Movement{{Kind: payment.MovePayout, Amount: eur(1)}}, nil)
			return err
		},
		func() error {
			_, err := payment.Reconcile(nil, []payment.Movement{{Kind: payment.MoveRefund, Amount: eur(-1)}}, nil)
			return err
		},
	} {
		require.ErrorIs(t, bad(), flywheel.ErrInvalid)
	}
	huge := capture("a", math.MaxInt64)
	_, err = payment.Reconcile([]payment.Posting{huge, {ID: "b", Authorization: "pi", Kind: payment.MoveCapture, Amount: eur(math.MaxInt64), At: day}},
		[]payment.Movement{moved("", math.MaxInt64), moved("", math.MaxInt64)}, nil)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func BenchmarkReconcile(b *testing.B) {
	report, books := settlement(b, rand.New(rand.NewPCG(1, 1)), 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := payment.Reconcile(report, books, &terms); err != nil {
			b.Fatal(err)
		}
	}
}

// The gateway charged a fee that was not agreed, and reports a dispute that nobody
// told the shop of.
func ExampleReconcile() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var movement = payment.Movement{Order: "o-1", Authorization: "pi_1", Kind: payment.MoveCapture, Amount: money.New(10000, money.EUR), At: at}
	report := []payment.Posting{
		{ID: "txn_1", Authorization: "pi_1", Kind: payment.MoveCapture, Amount: money.New(10000, money.EUR), Fee: money.New(190, money.EUR), At: at},
		{ID: "txn_2", Authorization: "pi_1", Kind: payment.MoveDispute, Amount: money.New(10000, money.EUR), At: at},
	}
	var agreed payment.Terms = payment.Terms{Rate: money.MustRate("0.014"), Fixed: money.New(25, money.EUR)}
	var result *payment.Reconciliation
	result, err := payment.Reconcile(report, []payment.Movement{movement}, &agreed)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range result.Differences {
		var difference payment.Difference = d
		var kind payment.DifferenceKind = d.Kind
		var row *payment.Posting = d.Posting
		var move payment.MoveKind = row.Kind
		fmt.Println(kind == payment.WrongFee, move, "|", difference)
	}
	fmt.Println(result.Matched, result.Net)
	// Output:
	// true capture | fee: order "o-1", row "txn_1": 1.90 EUR, not 1.65 EUR
	// false dispute | dispute: row "txn_2" of 100.00 EUR
	// 1 [98.10 EUR]
}
