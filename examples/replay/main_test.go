package main

import (
	"testing"

	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var gbp = money.GBP

func TestMain(m *testing.M) { pgtest.Main(m) }
