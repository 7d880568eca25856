package coupontest

import (
	"reflect"
	"time"

	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// noon is the instant at which most checks happen.
var noon = time.Date(2024, 2, 29, 12, 0, 0, 123456000, time.UTC)

// names are identifiers that a store mixes up when it folds case, trims, escapes
// or compares in a language's order.
var names = []string{"A", "a", "a%", "a'b", `a"b`, `a\b`, "a_", "x:y", "Ä", "ß", "é", "e\u0301", "İ", "ﬁ", "東京", "😀", "💶 5"}

func (e *env) same(what string, got, want any) {
	e.Helper()
	if !reflect.DeepEqual(got, want) {
		e.Errorf("%s is %+v, want %+v", what, got, want)
	}
}

func (e *env) used(tally string, want int64) {
	e.Helper()
	got, err := e.Used(e.Context(), "c", tally)
	e.OK(err)
	if got != want {
		e.Errorf("tally %q is %d, want %d", tally, got, want)
	}
}

// use is a redemption of code "x" that adds to tallies of campaign "c".
func use(key string, tallies ...coupon.Tally) coupon.Redemption {
	return coupon.Redemption{Key: key, Code: "x", Campaign: "c", Customer: "ann", Ref: "order", Amount: money.New(37, money.EUR), At: noon, Uses: tallies}
}
