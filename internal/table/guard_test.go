package table_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// TestReference runs the abuse cases of cells.
func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		if c.Area != "csv_cell" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var in struct{ Value string }
			testkit.Strict(t, c.Input, &in)
			var want struct{ Result, Cell, Reimport string }
			testkit.Strict(t, c.Expected, &want)
			require.Equal(t, "accepted", want.Result)
			cell := table.Guard(in.Value)
			require.Equal(t, want.Cell, cell, c.Attack)
			require.Equal(t, want.Reimport, table.Unguard(cell), c.Attack)
		})
	}
}

func TestGuardIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`['=+\-@＝＋－＠\t\ra]{0,5}`)).Draw(t, "text")
		require.Equal(t, text, table.Unguard(table.Guard(text)))
	})
}
