package recommend

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// Bytes that are sealed rightly and make no sense are an error or another model, never
// a panic: each byte of a snapshot in turn is changed and sealed again.
func TestSnapshotSurvivesChanges(t *testing.T) {
	var choices []Choice
	for n, items := range []string{"abc", "bc", "cd", "ad"} {
		for _, item := range items {
			choices = append(choices, Choice{Actor: Actor{Visitor: flywheel.VisitorID("v" + string(rune(48+n)))}, Item: flywheel.SKU("x" + string(item))})
		}
	}
	m, err := NewMatrix(choices)
	require.NoError(t, err)
	for _, l := range []Learner{Popularity{}, ItemKNN{}, UserKNN{}, EASE{}, IALS{Factors: 2, Epochs: 1}, BPR{Factors: 2, Epochs: 1}, SessionKNN{}, CoOccurrence{},
		Filled{Blend{Of: []Learner{Recent{SLIM{}, 2}, Again{}}}}} {
		s, err := l.Fit(m)
		require.NoError(t, err)
		data, err := Snapshot{Model: s}.Marshal(nil)
		require.NoError(t, err)
		body := data[:len(data)-sha256.Size]
		for n := range body {
			for _, flip := range []byte{1, 0x80, 0xff} {
				changed := append([]byte(nil), body...)
				changed[n] ^= flip
				got, err := UnmarshalSnapshot(append(changed, seal(changed, nil)...), nil)
				if err != nil {
					require.ErrorIs(t, err, ErrFormat)
					continue
				}
				scores := make([]float64, got.Model.Index().Len())
				got.Model.Score(History{{Item: 0, Weight: 1}}, scores)
			}
			_, err := UnmarshalSnapshot(append(append([]byte(nil), body[:n]...), seal(body[:n], nil)...), nil)
			require.Error(t, err)
		}
	}
}
