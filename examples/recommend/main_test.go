package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// write puts text into a file of the test's folder, packed where the name says so.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	b.WriteString(text)
	if strings.HasSuffix(name, ".gz") {
		b.Reset()
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	return file
}

const (
	train = "user\titem\ttimestamp\n1\t9\t100\n1\t10\t101\n2\t9\t100\n2\t10\t102\n3\t9\t5\n4\t11\t7\n4\t10\t8\n"
	test  = "user\titem\ttimestamp\n3\t10\t200\n9\t9\t300\n"
)

func TestLists(t *testing.T) {
	out := filepath.Join(t.TempDir(), "lists.csv")
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-train", write(t, "train.tsv.gz", train), "-test", write(t, "test.csv", strings.ReplaceAll(test, "\t", ",")),
		"-model", "itemknn", "-k", "2", "-eval", "-out", out}, &stdout, &stderr))
	lists, err := os.ReadFile(out)
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(string(lists)), "\n")
	assert.Equal(t, "user,rank,item,score", rows[0])
	require.Len(t, rows, 5)
	assert.True(t, strings.HasPrefix(rows[1], "3,1,10,"), rows[1])
	assert.True(t, strings.HasPrefix(rows[3], "9,1,9,"), "a new user gets what is popular, ties by number: %s", rows[3])
	var metrics map[string]any
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &metrics))
	assert.EqualValues(t, 1, metrics["ndcg@2"])
	assert.EqualValues(t, 2, metrics["users"])
}

func TestSessions(t *testing.T) {
	sessions := "SessionId\tItemId\tTime\na\t1\t10.5\na\t2\t11.0\nb\t2\t9.0\nb\t1\t8.0\nb\t3\t12.0\n"
	out := filepath.Join(t.TempDir(), "lists.csv")
	var stdout, stderr bytes.Buffer
	file := write(t, "s.tsv", sessions)
	require.NoError(t, run(t.Context(), []string{"-sessions", "-train", file, "-test", file, "-model", "sessionknn", "-k", "3", "-eval", "-out", out}, &stdout, &stderr))
	lists, err := os.ReadFile(out)
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(string(lists)), "\n")
	assert.Equal(t, "session,position,rank,item,score", rows[0])
	for _, r := range rows[1:] {
		c := strings.Split(r, ",")
		current := map[string]string{"a1": "1", "b1": "1", "b2": "2"}[c[0]+c[1]]
		require.NotEmpty(t, current, r)
		assert.NotEqual(t, current, c[3], "the current item is not recommended")
	}
	var metrics map[string]any
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &metrics))
	assert.EqualValues(t, 3, metrics["predictions"])
}

func TestBuiltIn(t *testing.T) {
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "because you chose")
	assert.Contains(t, stdout.String(), "chosen: ")
	var again bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &again, &stderr))
	assert.Equal(t, stdout.String(), again.String())
}

func TestRefusals(t *testing.T) {
	good := write(t, "train.tsv", train)
	for want, args := range map[string][]string{
		"is unknown":          {"-model", "magic"},
		"at least 1":          {"-k", "0"},
		"-train is missing":   {"-test", good},
		"-eval needs -test":   {"-train", good, "-eval"},
		"contradict":          {"-train", good, "-refit", "-keep-valid"},
		"unexpected":          {"-train", good, "more"},
		"line 2":              {"-train", write(t, "bad.tsv", "user\titem\ttimestamp\n1\t2\tnever\n")},
		"-sessions -out":      {"-train", good, "-sessions", "-out", "x.csv"},
		"no such file":        {"-train", "missing.tsv"},
		"there is no session": {"-sessions", "-model", "sessionknn", "-train", write(t, "s.tsv", "SessionId\tItemId\tTime\na\t1\t1\na\t2\t2\n"), "-explain", "z"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), args, &out, &out)
		require.ErrorContains(t, err, want)
	}
}
