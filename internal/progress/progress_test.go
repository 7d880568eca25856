package progress

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// onTerminal returns a bar that draws to the buffer, with a clock to turn.
func onTerminal(total int) (*Bar, *bytes.Buffer, *time.Time) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	b := New(&out, total, "rows")
	b.w, b.now, b.began = &out, func() time.Time { return now }, now
	return b, &out, &now
}

func TestBar(t *testing.T) {
	b, out, now := onTerminal(200)
	*now = now.Add(10 * time.Second)
	b.Step(50)
	assert.Equal(t, "\r\x1b[K████████░░░░░░░░░░░░░░░░░░░░░░░░  25%  50 of 200 rows, 5/s, 30s left", out.String())
	out.Reset()
	b.Step(51)
	assert.Empty(t, out.String(), "not twice in a tenth of a second")
	*now = now.Add(time.Second)
	b.Say(60, "lines")
	assert.Contains(t, out.String(), "60 of 200 lines")
	out.Reset()
	b.Add(140)
	assert.Contains(t, out.String(), "100%  200 of 200 lines", "the end is always drawn")
	out.Reset()
	b.Step(500)
	assert.Contains(t, out.String(), "100%", "more than all is all")
	out.Reset()
	b.Clear()
	assert.Equal(t, "\r\x1b[K", out.String())
}

func TestUnknownTotal(t *testing.T) {
	b, out, now := onTerminal(0)
	*now = now.Add(2 * time.Second)
	b.Step(50)
	assert.Equal(t, "\r\x1b[K50 rows, 25/s", out.String())
	out.Reset()
	b.Step(51)
	assert.Empty(t, out.String())
}

func TestSilentElsewhere(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	require.NoError(t, err)
	var buffer strings.Builder
	for _, b := range []*Bar{New(f, 2, "rows"), New(&buffer, 2, "rows"), nil} {
		b.Step(1)
		b.Say(2, "x")
		b.Add(1)
		b.Clear()
	}
	require.NoError(t, f.Close())
	data, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	assert.Empty(t, data)
	assert.Empty(t, buffer.String())
}

func TestConcurrent(t *testing.T) {
	b, _, _ := onTerminal(1000)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range 100 {
				b.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1000, b.done)
}
