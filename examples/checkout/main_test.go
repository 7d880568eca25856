package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
)

// The program prints the same bytes each time, and names what is wrong with a script.
func TestRun(t *testing.T) {
	var first, again bytes.Buffer
	require.NoError(t, run(t.Context(), &first, example, ""))
	require.NoError(t, run(t.Context(), &again, example, ""))
	require.Equal(t, first.String(), again.String())
	for _, part := range []string{
		`requires_action`, `refused: conflict`, `status    "completed"`, "trace of MUG × 2", `"credit_note"`, `"TEN":{"used":1}`, "payments",
	} {
		require.Contains(t, first.String(), part)
	}
	for text, kind := range map[string]error{
		`{`: flywheel.ErrInvalid, `{"setup":{"shop":"none"},"steps":[]}`: flywheel.ErrNotFound, `{"setup":{"moon":1}}`: flywheel.ErrInvalid,
	} {
		require.ErrorIs(t, run(t.Context(), new(bytes.Buffer), []byte(text), ""), kind, text)
	}
}

// Every reference case runs through the program.
func TestCases(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "cart", "checkout", "testdata", "cases.json"))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, data, ""))
	require.Contains(t, out.String(), "# R18")
	require.ErrorIs(t, run(t.Context(), &out, data, "none"), flywheel.ErrNotFound)
}
