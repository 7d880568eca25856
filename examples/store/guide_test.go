package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every snippet of the guide stands in the file that it names, line by line.
func TestGuide(t *testing.T) {
	text, err := os.ReadFile("GUIDE.md")
	require.NoError(t, err)
	named := regexp.MustCompile("(?s)From `([a-z/]+\\.go)`:\n\n```go\n(.*?)\n```").FindAllStringSubmatch(string(text), -1)
	require.Equal(t, strings.Count(string(text), "```go"), len(named), "a snippet without the name of its file")
	require.Greater(t, len(named), 15)
	for _, m := range named {
		source, err := os.ReadFile(m[1])
		require.NoError(t, err)
		require.Contains(t, flush(string(source))+"\n", "\n"+flush(m[2])+"\n", "%s has changed", m[1])
	}
}

// flush is a text without the tabs before its lines.
func flush(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, "\t"))
	}
	return strings.TrimSuffix(b.String(), "\n")
}
