package numbered_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel/internal/numbered"
)

func TestAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x numbered.Strings[string]
		known := map[string]int32{}
		for range rapid.IntRange(0, 300).Draw(t, "many") {
			s := rapid.OneOf(rapid.StringMatching(`[ab]{0,3}`), rapid.StringN(0, 12, 24)).Draw(t, "string")
			n, mark, ok := x.Find(s)
			want, is := known[s]
			require.Equal(t, is, ok)
			if !ok {
				n = x.Put(s, mark)
				known[s] = int32(len(known))
				want = known[s]
			}
			require.Equal(t, want, n)
			require.Equal(t, s, x.All()[n])
		}
		list := rapid.SliceOfN(rapid.StringMatching(`[abc]{0,3}`), 0, 200).Draw(t, "list")
		numbers := make([]int32, len(list))
		x.Numbers(list, numbers)
		for i, s := range list {
			if _, is := known[s]; !is {
				known[s] = int32(len(known))
			}
			require.Equal(t, known[s], numbers[i])
		}
		require.Equal(t, len(known), x.Len())
		for s, want := range known {
			n, _, ok := x.Find(s)
			require.True(t, ok)
			require.Equal(t, want, n)
		}
	})
}

func TestMany(t *testing.T) {
	var x numbered.Strings[string]
	const many = 100_000
	for range 2 {
		for i := range many {
			s := fmt.Sprint("c", i)
			n, mark, ok := x.Find(s)
			if !ok {
				n = x.Put(s, mark)
			}
			require.Equal(t, int32(i), n)
		}
	}
	require.Equal(t, many, x.Len())
}

func BenchmarkFind(b *testing.B) {
	var x numbered.Strings[string]
	all := make([]string, 1<<17)
	for i := range all {
		all[i] = fmt.Sprintf("c%07d", i*7919%len(all))
		_, mark, _ := x.Find(all[i])
		x.Put(all[i], mark)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 40_503) % len(all)
		if _, _, ok := x.Find(all[i]); !ok {
			b.Fatal(all[i])
		}
	}
}
