package segment

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestAgenda compares the heap with a plain table.
func TestAgenda(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a agenda
		plain := map[uint32]int64{}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				number := uint32(rapid.IntRange(0, 12).Draw(t, "number"))
				at := rapid.SampledFrom([]int64{1, 2, 3, 4, 5, never}).Draw(t, "at")
				before, known := plain[number]
				if !known {
					before = never
				}
				require.Equal(t, before, a.set(number, at))
				if plain[number] = at; at == never {
					delete(plain, number)
				}
			},
			"until": func(t *rapid.T) {
				at := int64(rapid.IntRange(0, 6).Draw(t, "at"))
				var want []uint32
				for number := range uint32(13) {
					if due, ok := plain[number]; ok && due <= at {
						want = append(want, number)
					}
				}
				got := a.until(at)
				slices.Sort(got)
				require.Equal(t, want, got)
			},
			"": func(t *rapid.T) {
				number, at, ok := a.first()
				require.Equal(t, len(plain) > 0, ok)
				for n, due := range plain {
					require.True(t, at < due || at == due && number <= n)
				}
			},
		})
	})
}
