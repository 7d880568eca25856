package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The models are fitted on the same rows and measured by the same code: popularity has
// the figure of the reference folder.
func TestRun(t *testing.T) {
	data := os.Getenv("FLYWHEEL_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "..", "shared", "reference")
	}
	if _, err := os.Stat(filepath.Join(data, "recommend")); err != nil {
		t.Skip("public data are not there (set FLYWHEEL_DATA)")
	}
	var out bytes.Buffer
	require.NoError(t, run(data, 1, &out))
	require.Contains(t, out.String(), "| 0.0739 |")
	require.Equal(t, 8, strings.Count(out.String(), "\n"))
}
