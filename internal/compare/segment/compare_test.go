package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

// What is measured is the same work: Python answers the same.
func TestAnswersAgree(t *testing.T) {
	folder := os.Getenv("FLYWHEEL_DATA")
	if folder == "" {
		folder = "../../../../shared/reference"
	}
	var table strings.Builder
	err := run(&table, folder, 20_000)
	if errors.Is(err, errNoPython) || errors.Is(err, fs.ErrNotExist) {
		testkit.Missing(t, "%v", err)
	}
	require.NoError(t, err)
	for _, want := range []string{"| rfm | ", "| cohorts | ", "| scores | ", "| fit BG/NBD | ", "| fit Pareto/NBD | ", "| AUC visit | ", "| AUC 2011-09-01 | "} {
		require.Contains(t, table.String(), want)
	}
}
