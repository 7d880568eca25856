package supplier_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// testAQL runs the AQL tables of the area catalog.
func testAQL(t *testing.T) {
	var file struct {
		Note        json.RawMessage            `json:"note"`
		CodeLetters map[string]json.RawMessage `json:"code_letters"`
		Rows        []struct {
			Lot         int    `json:"lot_size"`
			Level       string `json:"level"`
			AQL         string `json:"aql"`
			Severity    string `json:"severity"`
			TableLetter string `json:"table_letter"`
			PlanLetter  string `json:"plan_letter"`
			Sample      int    `json:"sample_size"`
			Full        bool   `json:"full_inspection"`
			Accept      int    `json:"ac"`
			Reject      int    `json:"re"`
		} `json:"rows"`
	}
	testkit.Strict(t, testkit.Reference(t, "catalog", "aql.json"), &file)
	if file.CodeLetters != nil {
		var upper []*int
		testkit.Strict(t, file.CodeLetters["lot_upper"], &upper)
		delete(file.CodeLetters, "lot_upper")
		for name, raw := range file.CodeLetters {
			level, err := supplier.ParseLevel(name)
			require.NoError(t, err)
			var want []string
			testkit.Strict(t, raw, &want)
			require.Len(t, want, len(upper))
			lower := 2
			for i, letter := range want {
				lots := []int{lower}
				if upper[i] != nil {
					lots, lower = append(lots, *upper[i]), *upper[i]+1
				}
				for _, lot := range lots {
					got, err := supplier.Scheme{Level: level}.CodeLetter(lot)
					require.NoError(t, err)
					require.Equal(t, letter, got, "level %s, lot %d", name, lot)
				}
			}
		}
	}
	for _, r := range file.Rows {
		t.Run(fmt.Sprintf("%d-%s-%s-%s", r.Lot, r.Level, r.AQL, r.Severity), func(t *testing.T) {
			level, err := supplier.ParseLevel(r.Level)
			require.NoError(t, err)
			severity, err := supplier.ParseSeverity(r.Severity)
			require.NoError(t, err)
			var aql float64
			_, err = fmt.Sscan(r.AQL, &aql)
			require.NoError(t, err)
			scheme := supplier.Scheme{Level: level, AQL: aql}
			p, err := scheme.Plan(r.Lot, severity)
			require.NoError(t, err)
			require.Equal(t, r.TableLetter, p.Letter)
			require.Equal(t, r.PlanLetter, p.PlanLetter)
			require.Equal(t, r.Full, p.Full)
			require.Equal(t, []supplier.Stage{{N: r.Sample, Accept: r.Accept, Reject: r.Reject}}, p.Stages)
		})
	}
}
