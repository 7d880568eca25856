package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var gbp = money.GBP

func TestMain(m *testing.M) { pgtest.Main(m, func() { os.RemoveAll(built.dir) }) }

// Processes that share what is learned come to the same report.
func TestReplayWithWorkers(t *testing.T) {
	file := writeShop(t, tiny, 3)
	assert.Equal(t, wantTiny(t), built.replay(t, "-data", file, "-store", "postgres:"+pgtest.DSN(t), "-workers", "3"))
}
