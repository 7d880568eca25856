package coupontest

import (
	"errors"
	"reflect"
	"time"

	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// noon is the instant at which most checks happen.
var noon = time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)

// names are identifiers that a store mixes up when it folds case, trims, escapes
// or compares in a language's order.
var names = []string{"A", "a", "a%", "a'b", `a"b`, `a\b`, "a_", "x:y", "Ä", "ß", "é", "e\u0301", "İ", "ﬁ", "東京", "😀", "💶 5"}

func (e *env) ok(err error) {
	e.Helper()
	if err != nil {
		e.Fatalf("unexpected error: %v", err)
	}
}

func (e *env) matches(err, kind error) {
	e.Helper()
	if !errors.Is(err, kind) {
		e.Fatalf("error is %v, want one matching %q", err, kind)
	}
}

func (e *env) same(what string, got, want any) {
	e.Helper()
	if !reflect.DeepEqual(got, want) {
		e.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

func (e *env) used(tally string, want int64) {
	e.Helper()
	got, err := e.Used(e.Context(), "c", tally)
	e.ok(err)
	if got != want {
		e.Errorf("tally %q is %d, want %d", tally, got, want)
	}
}

// use is a redemption of code "x" that adds to tallies of campaign "c".
func use(key string, tallies ...coupon.Tally) coupon.Redemption {
	return coupon.Redemption{Key: key, Code: "x", Campaign: "c", Customer: "ann", Ref: "order", Amount: money.New(37, money.EUR), At: noon, Uses: tallies}
}

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	suite.Parallel(n, func(i int) error {
		fn(i)
		return nil
	})
}
