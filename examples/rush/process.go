package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// child is a process of the sale: it says that it is ready, waits for the word, and
// writes what becomes of each of its buyers as a line of JSON.
func (s *settings) child(ctx context.Context, in io.Reader, out io.Writer) error {
	shop, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer shop.Close()
	if err := shop.warm(ctx, s); err != nil {
		return err
	}
	lines := bufio.NewWriter(out)
	if _, err := fmt.Fprintln(lines, "ready"); err != nil {
		return err
	}
	if err := lines.Flush(); err != nil {
		return err
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	encoder := json.NewEncoder(lines)
	var failed error
	s.serve(ctx, shop.Service, s.mine(s.part), max(1, s.atOnce/s.processes), func(o outcome) {
		// A line is written when its buyer was answered: a process that dies has told
		// nothing that is not so.
		failed = errors.Join(failed, encoder.Encode(o), lines.Flush())
	})
	return failed
}

// warm opens the connections.
func (sh *shop) warm(ctx context.Context, s *settings) error {
	if sh.pool == nil {
		return nil
	}
	var all sync.WaitGroup
	errs := make([]error, s.connections)
	for i := range errs {
		all.Go(func() { errs[i] = sh.pool.PingContext(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// result is what became of all buyers.
type result struct {
	outcomes []outcome // by buyer
	took     time.Duration
	killed   int
}

// here runs the sale in this process.
func (s *settings) here(ctx context.Context, shop *shop) result {
	res := result{outcomes: make([]outcome, s.buyers)}
	begin := time.Now()
	s.serve(ctx, shop.Service, s.mine(1), s.atOnce, func(o outcome) { res.outcomes[o.Buyer] = o })
	res.took = time.Since(begin)
	return res
}

// process is a child that was started.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

func (s *settings) start(ctx context.Context, part int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-part", fmt.Sprint(part), "-sale", s.sale, "-store", s.store, "-buyers", fmt.Sprint(s.buyers),
		"-at-once", fmt.Sprint(s.atOnce), "-processes", fmt.Sprint(s.processes), "-connections", fmt.Sprint(s.connections),
		"-faults", fmt.Sprint(s.faults), "-seed", fmt.Sprint(s.seed))
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "RUSH_PART=1")
	p := &process{cmd: cmd}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if !p.lines.Scan() || p.lines.Text() != "ready" {
		return nil, errors.Join(fmt.Errorf("process %d did not begin", part), p.end())
	}
	return p, nil
}

func (p *process) end() error {
	p.in.Close()
	return p.cmd.Wait()
}

// beside runs the sale in processes of its own, some of which are killed in the middle
// and started again: their buyers then all ask once more.
func (s *settings) beside(ctx context.Context) (result, error) {
	processes := make([]*process, s.processes)
	for i := range processes {
		p, err := s.start(ctx, i+1)
		if err != nil {
			return result{}, err
		}
		processes[i] = p
	}
	res := result{outcomes: make([]outcome, s.buyers)}
	var mu sync.Mutex
	var all sync.WaitGroup
	errs := make([]error, s.processes)
	begin := time.Now()
	for i, p := range processes {
		all.Go(func() {
			dies := i < s.kill
			errs[i] = p.follow(dies, len(s.mine(i+1))/2, func(o outcome) {
				mu.Lock()
				res.outcomes[o.Buyer] = o
				mu.Unlock()
			})
			if !dies || errs[i] != nil {
				return
			}
			again, err := s.start(ctx, i+1)
			if errs[i] = err; err != nil {
				return
			}
			errs[i] = again.follow(false, 0, func(o outcome) {
				mu.Lock()
				defer mu.Unlock()
				if before := res.outcomes[o.Buyer]; before.Got && !o.Got {
					o.Err = "was promised a unit before the process died"
				}
				res.outcomes[o.Buyer] = o
			})
			mu.Lock()
			res.killed++
			mu.Unlock()
		})
	}
	all.Wait()
	res.took = time.Since(begin)
	return res, errors.Join(errs...)
}

// follow gives the word and reads what becomes of the buyers, to the end or until so
// many were answered, when the process is killed.
func (p *process) follow(dies bool, after int, report func(outcome)) error {
	if _, err := fmt.Fprintln(p.in, "go"); err != nil {
		return errors.Join(err, p.end())
	}
	n := 0
	for p.lines.Scan() {
		var o outcome
		if err := json.Unmarshal(p.lines.Bytes(), &o); err != nil {
			if dies && n >= after {
				continue // cut off in the middle
			}
			return errors.Join(err, p.end())
		}
		report(o)
		if n++; dies && n == after {
			if err := p.cmd.Process.Kill(); err != nil {
				return err
			}
		}
	}
	err := p.end()
	if dies {
		return p.lines.Err()
	}
	return errors.Join(err, p.lines.Err())
}
