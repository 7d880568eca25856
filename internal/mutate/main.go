package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// settings are the flags.
type settings struct {
	n       int
	seed    uint64
	since   string
	budget  time.Duration
	timeout time.Duration
	least   float64
	at      string
	list    bool
}

func main() {
	code, err := run(os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mutate:", err)
	}
	os.Exit(code)
}

func run(args []string, out io.Writer) (code int, err error) {
	var s settings
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.IntVar(&s.n, "n", 20, "how many changes are tried in all")
	flags.Uint64Var(&s.seed, "seed", 1, "which ones")
	flags.StringVar(&s.since, "since", "", "only files that differ from this `commit`, in the packages of -since or those that are named")
	flags.DurationVar(&s.budget, "budget", 0, "no further change is begun after so long; 0 is no limit")
	flags.DurationVar(&s.timeout, "timeout", 2*time.Minute, "how long the tests of one change may run")
	flags.Float64Var(&s.least, "least", 0, "share of changes that must be caught")
	flags.StringVar(&s.at, "at", "", "only changes at these places, `file:line` and more with commas, such as survivors")
	flags.BoolVar(&s.list, "list", false, "print each change")
	if err := flags.Parse(args); err != nil {
		return 2, err
	}
	files, err := filesOf(s.since, flags.Args())
	if err != nil {
		return 2, err
	}
	changes, err := find(files)
	if err != nil {
		return 2, err
	}
	if s.at != "" {
		places := strings.Split(s.at, ",")
		changes = slices.DeleteFunc(changes, func(c change) bool { return !slices.Contains(places, fmt.Sprintf("%s:%d", c.file, c.line)) })
	}
	rand.New(rand.NewPCG(s.seed, 0)).Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	began := time.Now()
	caught, survived := 0, 0
	for _, c := range changes {
		if caught+survived == s.n || s.budget > 0 && time.Since(began) > s.budget {
			break
		}
		outcome, err := try(c, s.timeout)
		if err != nil {
			return 2, err
		}
		switch outcome {
		case "caught":
			caught++
		case "survived":
			survived++
		}
		if s.list || outcome == "survived" {
			fmt.Fprintf(out, "%s:%d: %s: %s\n", c.file, c.line, c.what, outcome)
		}
	}
	total := caught + survived
	if total == 0 {
		fmt.Fprintln(out, "nothing to change")
		return 0, nil
	}
	share := float64(caught) / float64(total)
	fmt.Fprintf(out, "%d of %d changes caught (%.1f %%), drawn from %d with seed %d\n", caught, total, 100*share, len(changes), s.seed)
	if share < s.least {
		return 1, nil
	}
	return 0, nil
}

// filesOf returns the source files of the packages, or of what differs from a commit.
func filesOf(since string, packages []string) ([]string, error) {
	var changed []string
	if since != "" {
		out, err := exec.Command("git", "diff", "--name-only", "--diff-filter=AM", since, "--", "*.go").Output()
		if err != nil {
			return nil, fmt.Errorf("git diff %s: %w", since, err)
		}
		for _, file := range strings.Fields(string(out)) {
			file = filepath.Clean(file)
			if source(file) && !strings.HasPrefix(file, "examples"+string(filepath.Separator)) {
				changed = append(changed, file)
			}
		}
		if len(packages) == 0 {
			return changed, nil
		}
	}
	var files []string
	for _, p := range packages {
		dir := filepath.Clean(p)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			file := filepath.Join(dir, e.Name())
			if !e.IsDir() && source(file) && (since == "" || slices.Contains(changed, file)) {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

func source(file string) bool {
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") && filepath.Base(file) != "doc.go"
}

// try runs the tests of a change's package on it: "caught", "survived", or
// "does not compile".
func try(c change, timeout time.Duration) (string, error) {
	scratch, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scratch)
	file, err := filepath.Abs(c.file)
	if err != nil {
		return "", err
	}
	original, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	replacement, overlay := filepath.Join(scratch, "changed.go"), filepath.Join(scratch, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {file: replacement}})
	if err == nil {
		err = os.WriteFile(replacement, c.apply(original), 0o600)
	}
	if err == nil {
		err = os.WriteFile(overlay, text, 0o600)
	}
	if err != nil {
		return "", err
	}
	dir := "." + string(filepath.Separator) + filepath.Dir(c.file)
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	// Coverage, which GOFLAGS may ask for, would measure the file as it is without the overlay.
	test := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-cover=false", "-vet=off", "-failfast", "-timeout", timeout.String(), dir)
	test.WaitDelay = 5 * time.Second
	output, err := test.CombinedOutput()
	switch {
	case err == nil:
		return "survived", nil
	case bytes.Contains(output, []byte("[build failed]")):
		return "does not compile", nil
	}
	return "caught", nil
}
