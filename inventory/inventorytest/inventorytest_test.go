package inventorytest_test

import (
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

// memory is a memory store with its transactions.
type memory struct {
	*inventory.MemoryStore
	*flywheel.Memory
}

func newMemory() memory {
	db := &flywheel.Memory{}
	return memory{inventory.NewMemory(db), db}
}

func TestMemory(t *testing.T) {
	fresh := func(t *testing.T) inventory.Store { return newMemory() }
	inventorytest.Run(t, fresh, inventorytest.Features{Transactions: true})
}
