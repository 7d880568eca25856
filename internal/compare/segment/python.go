package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

//go:embed compare.py
var script string

// errNoPython says that there is nothing to compare with.
var errNoPython = errors.New("no system python3 with pandas, scipy and scikit-learn (Debian: apt-get install python3-pandas python3-scipy python3-sklearn)")

// answer is what Python says of a task.
type answer struct {
	Name    string
	Seconds float64
	Result  []float64
	Text    string
}

// python runs the script on a folder and returns its answers by name.
func python(folder string, names ...string) (map[string]answer, error) {
	const path = "/usr/bin/python3"
	if exec.Command(path, "-c", "import pandas, scipy, sklearn").Run() != nil {
		return nil, errNoPython
	}
	program := filepath.Join(folder, "compare.py")
	if err := os.WriteFile(program, []byte(script), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(path, append([]string{program, folder}, names...)...)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("python: %w: %s", err, stderr.String())
	}
	answers := map[string]answer{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, fmt.Errorf("python says %q: %w", lines.Text(), err)
		}
		answers[a.Name] = a
	}
	return answers, nil
}

// timed is the processor time of the fastest of some runs.
func timed(repeat int, task func() ([]float64, error)) (answer, error) {
	var a answer
	for i := range repeat {
		start := used()
		result, err := task()
		if err != nil {
			return a, err
		}
		if took := (used() - start).Seconds(); i == 0 || took < a.Seconds {
			a.Seconds = took
		}
		a.Result = result
	}
	return a, nil
}

// used is the processor time of this process.
func used() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
