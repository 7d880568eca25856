package main

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// A collection is a listing as any other: facets, and search within it.
func TestCollections(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	home, _ := b.see("/de/")
	require.Contains(t, home, "Kleine Geschenke")
	body, _ := b.see("/en/collections/gifts")
	require.Contains(t, body, "<h1>Small gifts (4)</h1>")
	require.Contains(t, body, "Espresso cup")
	require.NotContains(t, body, "Travel cup", "of another vendor")
	require.NotContains(t, body, "Saucepan", "too dear")
	require.Contains(t, body, `href="/en/collections/gifts?brand=Krume"`)
	body, _ = b.see("/en/collections/breakfast?q=mug&color=Blue")
	require.Contains(t, body, "Stoneware mug")
	require.NotContains(t, body, "Espresso")
	body, _ = b.see("/en/collections/none")
	require.Contains(t, body, "404")
}

// What is typed is gone on with, in the language of the page, slips forgiven.
func TestSuggestions(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	for asked, want := range map[string]string{
		"/en/suggest?q=ston": `[{"title":"Stoneware mug","at":"/en/goods/stoneware-mug"}]`, "/de/suggest?q=steinz": `[{"title":"Steinzeugbecher","at":"/de/goods/steinzeugbecher"}]`, "/en/suggest?q=": `[]`, "/en/suggest?q=qqqq": `[]`,
	} {
		body, _ := b.see(asked)
		require.JSONEq(t, want, body, asked)
	}
	body, _ := b.see("/en/suggest?q=%3Cscript%3E")
	require.JSONEq(t, `[]`, body)
}

// The model of a cup is a file that readers of glTF take: whole, in bounds, small.
func TestModel(t *testing.T) {
	b := visit(t, site(opened(t, "memory")))
	page, _ := b.see("/en/goods/stoneware-mug")
	require.Contains(t, page, `href="/model/stoneware-mug-white.glb"`)
	require.NotContains(t, page, "model.js", "nothing is loaded before it is asked for")
	other, _ := b.see("/en/goods/saucepan")
	require.NotContains(t, other, ".glb")
	none, _ := b.see("/model/saucepan.glb")
	require.Contains(t, none, "404")
	body, _ := b.see("/model/stoneware-mug-blue.glb")
	file := []byte(body)
	require.Less(t, len(file), 100_000)
	require.Equal(t, "glTF", string(file[:4]))
	word := func(at int) int { return int(binary.LittleEndian.Uint32(file[at:])) }
	require.Equal(t, len(file), word(8))
	size := word(12)
	var about struct {
		Accessors []struct {
			Count    int
			Min, Max []float64
		}
		BufferViews []struct{ ByteOffset, ByteLength int }
		Buffers     []struct{ ByteLength int }
	}
	require.NoError(t, json.Unmarshal(file[20:20+size], &about))
	require.Zero(t, size%4)
	bin := file[28+size:]
	require.Equal(t, len(bin), about.Buffers[0].ByteLength)
	require.Equal(t, len(bin), word(20+size))
	number := func(view, i int) float64 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(bin[about.BufferViews[view].ByteOffset+4*i:])))
	}
	low, high := []float64{9, 9, 9}, []float64{-9, -9, -9}
	for i := range 3 * about.Accessors[0].Count {
		v := number(0, i)
		low[i%3], high[i%3] = min(low[i%3], v), max(high[i%3], v)
		if i%3 == 0 {
			n := math.Hypot(math.Hypot(number(1, i), number(1, i+1)), number(1, i+2))
			require.InDelta(t, 1, n, 1e-5, "a normal is a unit")
		}
	}
	require.InDeltaSlice(t, about.Accessors[0].Min, low, 1e-6)
	require.InDeltaSlice(t, about.Accessors[0].Max, high, 1e-6)
	for i := range about.Accessors[2].Count {
		require.Less(t, int(binary.LittleEndian.Uint16(bin[about.BufferViews[2].ByteOffset+2*i:])), about.Accessors[0].Count)
	}
}
