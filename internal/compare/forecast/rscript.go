package main

import (
	"bufio"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed models.R
var script string

// errNoR says that there is nothing to compare with.
var errNoR = errors.New("no Rscript with the package forecast (Debian: apt-get install r-base-core r-cran-forecast)")

// rscript is a running R that fits what it is asked to.
type rscript struct {
	version string // of R and of the package
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	folder  string
}

// answer is what R says of a series.
type answer struct {
	model string
	aicc  float64 // NaN where the method has none
	mean  []float64
}

// startR starts R on the series.
func startR(all []item) (*rscript, error) {
	path, err := exec.LookPath("Rscript")
	if err != nil || exec.Command(path, "-e", "library(forecast)").Run() != nil {
		return nil, errNoR
	}
	folder, err := os.MkdirTemp("", "forecast")
	if err != nil {
		return nil, err
	}
	r := &rscript{folder: folder}
	if err := r.start(path, all); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	return r, nil
}

func (r *rscript) start(path string, all []item) error {
	program, data := filepath.Join(r.folder, "models.R"), filepath.Join(r.folder, "series.csv")
	if err := os.WriteFile(program, []byte(script), 0o600); err != nil {
		return err
	}
	if err := writeSeries(data, all); err != nil {
		return err
	}
	r.command = exec.Command(path, "--vanilla", program, data)
	r.command.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	r.command.Stderr = os.Stderr
	in, err := r.command.StdinPipe()
	if err != nil {
		return err
	}
	out, err := r.command.StdoutPipe()
	if err != nil {
		return err
	}
	r.in, r.out = in, bufio.NewReader(out)
	if err := r.command.Start(); err != nil {
		return err
	}
	r.version, err = r.line()
	return err
}

func writeSeries(path string, all []item) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(file)
	w.Write([]string{"season", "horizon", "values"})
	for _, s := range all {
		values := make([]string, len(s.Values))
		for i, v := range s.Values {
			values[i] = strconv.FormatFloat(v, 'g', -1, 64)
		}
		w.Write([]string{strconv.Itoa(s.Season), strconv.Itoa(s.horizon), strings.Join(values, ";")})
	}
	w.Flush()
	return errors.Join(w.Error(), file.Close())
}

func (r *rscript) line() (string, error) {
	line, err := r.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("end of R: %w", err)
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// run has R fit the series from row first on, n of them, counted from 0. It
// returns the seconds of processor time that took, and what came out.
func (r *rscript) run(method string, first, n int) (seconds float64, answers []answer, err error) {
	if _, err := fmt.Fprintf(r.in, "%s %d %d\n", method, first+1, first+n); err != nil {
		return 0, nil, err
	}
	line, err := r.line()
	if err != nil {
		return 0, nil, err
	}
	if seconds, err = strconv.ParseFloat(line, 64); err != nil {
		return 0, nil, err
	}
	for range n {
		if line, err = r.line(); err != nil {
			return 0, nil, err
		}
		a, err := parseAnswer(line)
		if err != nil {
			return 0, nil, err
		}
		answers = append(answers, a)
	}
	return seconds, answers, nil
}

func parseAnswer(line string) (a answer, err error) {
	parts := strings.Split(line, ";")
	if len(parts) < 3 {
		return a, fmt.Errorf("answer of R is %q", line)
	}
	a.model = parts[0]
	figures := make([]float64, len(parts)-1)
	for i, part := range parts[1:] {
		if part == "NA" {
			part = "NaN"
		}
		if figures[i], err = strconv.ParseFloat(part, 64); err != nil {
			return a, fmt.Errorf("answer of R is %q: %w", line, err)
		}
	}
	a.aicc, a.mean = figures[0], figures[1:]
	return a, nil
}

// stop ends R and takes its files away.
func (r *rscript) stop() error {
	var err error
	if r.command != nil && r.command.Process != nil {
		err = errors.Join(r.in.Close(), r.command.Wait())
	}
	return errors.Join(err, os.RemoveAll(r.folder))
}
