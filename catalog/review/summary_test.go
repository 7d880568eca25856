package review_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// TestMentions measures what is found in 200 sentences of our own. Half of them
// (the even numbers) were kept apart while the lexicon was changed.
func TestMentions(t *testing.T) {
	data, err := os.ReadFile("testdata/sentences.txt")
	require.NoError(t, err)
	var hit, missed, wrong [2]int
	n := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		sentence, labels, ok := strings.Cut(strings.TrimSpace(line), " |")
		require.True(t, ok, line)
		var want []string
		for i := 0; i < len(labels); i++ {
			if labels[i] == '+' || labels[i] == '-' {
				end := strings.IndexAny(labels[i+1:], "+-")
				if end < 0 {
					end = len(labels) - i - 1
				}
				want = append(want, strings.TrimSpace(labels[i:i+1+end]))
			}
		}
		mentions, err := review.Mentions(sentence, nil)
		require.NoError(t, err)
		var got []string
		for _, m := range mentions {
			got = append(got, map[bool]string{true: "+", false: "-"}[m.Positive]+m.Aspect)
		}
		part := n % 2
		for _, g := range got {
			if slices.Contains(want, g) {
				hit[part]++
			} else {
				wrong[part]++
			}
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				missed[part]++
			}
		}
		if testing.Verbose() && part == 1 && strings.Join(slices.Sorted(slices.Values(got)), " ") != strings.Join(slices.Sorted(slices.Values(want)), " ") {
			t.Logf("%s\n got %v want %v", sentence, got, want)
		}
	}
	require.Equal(t, 200, n)
	f1 := func(hit, missed, wrong int) float64 { return float64(2*hit) / float64(2*hit+missed+wrong) }
	all := f1(hit[0]+hit[1], missed[0]+missed[1], wrong[0]+wrong[1])
	kept := f1(hit[0], missed[0], wrong[0])
	t.Logf("F1 %.3f; of the half kept apart %.3f (%d found, %d missed, %d wrong)", all, kept, hit[0], missed[0], wrong[0])
	require.GreaterOrEqual(t, all, 0.85)
	require.GreaterOrEqual(t, kept, 0.85)
}

var _ = fmt.Sprint
var _ = rapid.Check
var _ flywheel.SKU
var _ moderation.State
