package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var gbp = money.GBP

func TestMain(m *testing.M) {
	if os.Getenv(workerVariable) != "" { // a process of -workers
		if err := work(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	pgtest.Main(m, func() { os.RemoveAll(built.dir) })
}

// Processes that share what is learned come to the same report.
func TestReplayWithWorkers(t *testing.T) {
	file := writeShop(t, tiny, 3)
	assert.Equal(t, wantTiny(t), replay(t, "-data", file, "-store", "postgres:"+pgtest.DSN(t), "-workers", "3"))
}
