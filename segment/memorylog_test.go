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

func TestMemoryProfiles(t *testing.T) {
	segmenttest.RunProfiles(t, func(*testing.T) segment.ProfileStore { return segment.NewMemoryProfiles(nil) },
		segmenttest.Features{Transactions: true})
}

func TestMemoryLive(t *testing.T) {
	segmenttest.RunLive(t, func(*testing.T) segment.LiveStore { return segment.NewMemoryLive(nil) },
		segmenttest.Features{Transactions: true})
}
