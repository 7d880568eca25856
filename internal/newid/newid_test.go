package newid_test

import (
	"testing"

	"github.com/flywheel-go/flywheel/internal/newid"
)

func TestNewIsUniqueAndOrdered(t *testing.T) {
	last := newid.New()
	for range 10_000 {
		id := newid.New()
		if len(id) != 36 || id[14] != '7' {
			t.Fatalf("%q is no UUIDv7", id)
		}
		if id <= last {
			t.Fatalf("%q does not follow %q", id, last)
		}
		last = id
	}
}
