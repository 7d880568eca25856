package money_test

import (
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	sinkAmount money.Amount
	sinkText   string
)

func BenchmarkAdd(b *testing.B) {
	b.ReportAllocs()
	one := money.New(1, money.EUR)
	var sum money.Amount
	for b.Loop() {
		sum, _ = sum.Add(one)
	}
	sinkAmount = sum
}

func BenchmarkMulRate(b *testing.B) {
	for _, mode := range []money.Rounding{money.HalfUp, money.HalfEven, money.Down} {
		b.Run("mode="+mode.String(), func(b *testing.B) {
			b.ReportAllocs()
			a, rate := money.New(1_299, money.EUR), money.MustRate("0.175")
			for b.Loop() {
				sinkAmount, _ = a.MulRate(rate, mode)
			}
		})
	}
}

func BenchmarkTimes(b *testing.B) {
	b.ReportAllocs()
	p := money.MustPrice("0.0125", money.EUR)
	for b.Loop() {
		sinkAmount, _ = p.Times(333, money.HalfUp)
	}
}

func BenchmarkAllocate(b *testing.B) {
	for _, n := range []int{3, 10, 100, 1000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			weights := make([]int64, n)
			for i := range weights {
				weights[i] = int64(500 + 137*i%9500)
			}
			a := money.New(123_457, money.EUR)
			parts := make([]money.Amount, 0, n)
			for b.Loop() {
				parts, _ = a.AppendAllocate(parts[:0], weights)
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	b.ReportAllocs()
	a := money.New(-123_456_789, money.EUR)
	for b.Loop() {
		sinkText = a.String()
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkAmount, _ = money.Parse("1234567.89", money.EUR)
	}
}

func BenchmarkUnmarshalJSON(b *testing.B) {
	b.ReportAllocs()
	data := []byte(`{"amount":"12.99","currency":"EUR"}`)
	for b.Loop() {
		_ = sinkAmount.UnmarshalJSON(data)
	}
}
