package loyalty_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
)

func BenchmarkConsume(b *testing.B) {
	s := service(b, tiered, nil, nil)
	at, i := newYear, 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		at = at.Add(time.Minute)
		e := purchase(fmt.Sprint("O", i), 4_250, at)
		e.Customer = flywheel.CustomerID(fmt.Sprint("c", i%4000))
		if err := consume(s, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	ledger := must(loyalty.NewLedger(loyalty.Program{}))
	for _, lots := range []int{1, 100} {
		var account loyalty.Account
		for i := range lots {
			op := loyalty.Operation{Member: member, Key: fmt.Sprint(i), Kind: loyalty.Earn, Points: 100, At: newYear}
			account, _, _ = ledger.Apply(account, op)
		}
		account.Receipts, account.Entries = nil, nil
		burn := loyalty.Operation{Member: member, Key: "b", Kind: loyalty.Burn, Points: 50, At: newYear}
		b.Run(fmt.Sprintf("kind=burn/lots=%d", lots), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := ledger.Apply(account, burn); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkState measures what an order with its lot and bookings takes in memory.
func BenchmarkState(b *testing.B) {
	const orders = 20_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := heap()
		s := service(b, loyalty.Program{Expiry: loyalty.Expiry{After: "P12M"}}, nil, nil)
		for i := range orders {
			e := purchase(fmt.Sprint("O", i), 4_250, newYear.Add(time.Duration(i)*time.Minute))
			e.Customer = flywheel.CustomerID(fmt.Sprint("c", i%500))
			if err := consume(s, e); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(heap()-before)/orders, "B/order")
		runtime.KeepAlive(s)
	}
}
