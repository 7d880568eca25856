package coupontest_test

import (
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
)

// memory is a memory store with its transactions.
type memory struct {
	*coupon.MemoryStore
	*flywheel.Memory
}

func TestMemory(t *testing.T) {
	fresh := func(t *testing.T) coupon.Store {
		db := &flywheel.Memory{}
		return memory{coupon.NewMemory(db), db}
	}
	coupontest.Run(t, fresh, coupontest.Features{Transactions: true})
}
