package segment_test

import (
	"testing"

	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

func TestMemoryLog(t *testing.T) {
	segmenttest.Run(t, func(*testing.T) segment.LogStore { return segment.NewMemoryLog(nil) },
		segmenttest.Features{Transactions: true})
}
