package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// With -workers the learners whose state is in the store are shared by several
// processes: this one, which trades, and others that do nothing but take turns. Each
// evening all of them bring everything to rest; the virtual clock is all that this
// process tells the others, on their standard input.

// workerVariable is set in the environment of the other processes.
const workerVariable = "FLYWHEEL_REPLAY_WORKER"

// workers are the other processes.
type workers []*worker

type worker struct {
	process *exec.Cmd
	tell    io.WriteCloser
	answers *bufio.Reader
}

// hire starts n processes on a store.
func hire(ctx context.Context, n int, store string, currency money.Currency, stderr io.Writer) (all workers, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for range n {
		w := &worker{process: exec.CommandContext(ctx, self, "-store", store, "-currency", currency.String())}
		w.process.Env = append(os.Environ(), workerVariable+"=1")
		w.process.Stderr = stderr
		out, err := w.process.StdoutPipe()
		if err == nil {
			w.tell, err = w.process.StdinPipe()
		}
		if err == nil {
			err = w.process.Start()
		}
		if err != nil {
			return all, errors.Join(fmt.Errorf("-workers: %w", err), all.dismiss())
		}
		w.answers = bufio.NewReader(out)
		all = append(all, w)
	}
	return all, nil
}

// each lets all workers bring everything to rest as of an instant, while here is done.
func (all workers) each(at time.Time, here func() error) error {
	for _, w := range all {
		if _, err := fmt.Fprintln(w.tell, at.UnixMicro()); err != nil {
			return fmt.Errorf("-workers: %w", err)
		}
	}
	err := here()
	for _, w := range all {
		answer, lost := w.answers.ReadString('\n')
		switch {
		case lost != nil:
			err = errors.Join(err, fmt.Errorf("-workers: a process ended: %w", lost))
		case answer != "ok\n":
			err = errors.Join(err, fmt.Errorf("-workers: %s", strings.TrimSpace(answer)))
		}
	}
	return err
}

// dismiss ends the processes.
func (all workers) dismiss() (err error) {
	for _, w := range all {
		err = errors.Join(err, w.tell.Close(), w.process.Wait())
	}
	return err
}

// work is what another process does until its input ends.
func work(ctx context.Context, args []string, in io.Reader, out io.Writer) (err error) {
	if len(args) != 4 {
		return fmt.Errorf("a worker of a replay with arguments %q: %w", args, flywheel.ErrInvalid)
	}
	currency, err := money.ParseCurrency(args[3])
	if err != nil {
		return err
	}
	kept, err := openStores(ctx, args[1], true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	var now time.Time
	clock := func() time.Time { return now }
	log, err := segment.NewLog(kept.log, &segment.LogOptions{Now: clock})
	if err != nil {
		return err
	}
	// As in the process that trades, before the clock is set: journeys are launched
	// as of the beginning of time, by whoever is first.
	l, err := newLearners(log, clock, currency, kept.learned, supplier{}, nil)
	if err != nil {
		return err
	}
	if err := l.share(log, clock); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		micros, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		now = time.UnixMicro(micros).UTC()
		err = l.wheel.Drain(ctx)
		answer := "ok"
		if err != nil {
			answer = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return nil
}

// share leaves the learners in memory to the process that trades.
func (l *learners) share(log *segment.Log, clock func() time.Time) (err error) {
	l.wheel, err = segment.NewRunner(log, &segment.RunnerOptions{Now: clock, Replay: true}, l.profiles, l.points, l.journeys)
	return err
}
