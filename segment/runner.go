package segment

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// What a flywheel.Consumer may do beside Consume. A [Runner] finds it by
// assertion.
type (
	// Named has the name of its cursor; the default is package and type, such as
	// "segment.Profiles".
	Named interface{ Name() string }
	// Timed does what time alone makes due at or before now, in small
	// transactions of its own, and reports whether it did anything or there is
	// more. Several workers may call it at once.
	Timed interface {
		Advance(ctx context.Context, now time.Time) (more bool, err error)
	}
	// Deliverer attempts effects that are due at or before now, outside of any
	// transaction, and reports whether it did anything or there is more. A
	// delivery that fails is no error of Deliver.
	Deliverer interface {
		Deliver(ctx context.Context, now time.Time) (more bool, err error)
	}
	// Forgetter erases a customer.
	Forgetter interface {
		Forget(ctx context.Context, customer flywheel.CustomerID) error
	}
	// Rebuildable throws away what follows from the log's entries; it keeps
	// effects with their outcome, versions, and what operators did.
	Rebuildable interface {
		Reset(ctx context.Context) error
	}
)

// Job is something that is done again and again, whatever is told.
type Job struct {
	// Name identifies the job.
	Name string
	// Every is the time from one run to the next; at least a second.
	Every time.Duration
	// Run does it. now is the runner's clock.
	Run func(ctx context.Context, now time.Time) error
}

// RunnerOptions are the options of [NewRunner]. Nil means defaults.
type RunnerOptions struct {
	// Now is the trusted clock; default the log's.
	Now func() time.Time
	// Batch is how many entries a consumer takes in one transaction; default 512.
	Batch int
	// Workers is how many goroutines share the work; default GOMAXPROCS.
	Workers int
	// Retry is how long an entry waits after each temporary error of a consumer,
	// the last one again and again; default 1s, 5s, 30s, 2m, 10m.
	Retry []time.Duration
	// Poll is how long [Runner.Run] rests when nothing was to do; default 200ms.
	Poll time.Duration
	// Replay says that the clock is a virtual one that is set to moments of the
	// past: entries that were received after it wait for it, so that a log can be
	// taken in the steps of time in which it was made.
	Replay bool
	// Jobs are run by [Runner.Run] and [Runner.Drain] when their time has come,
	// at first at once.
	Jobs []Job
}

var defaultRetry = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// Runner turns the wheel: it numbers what was told, gives each consumer its
// turns, lets time pass, delivers effects and runs jobs. Any number of Runners,
// in any number of processes, share the work over the same stores. It is safe
// for concurrent use.
type Runner struct {
	log     *Log
	now     func() time.Time
	batch   int
	workers int
	retry   []time.Duration
	poll    time.Duration
	replay  bool
	jobs    []Job
	home    flywheel.Transactor // the log's database
	acts    cursor.Store        // in it: when jobs are due, what is parked of consumers in memory
	seats   []*seat
	byName  map[string]*seat
	pages   pages
}

// seat is a consumer with its cursor.
type seat struct {
	name     string
	consumer flywheel.Consumer
	handle   flywheel.Transactor
	cursors  cursor.Store
	// sameDB: the log is in the consumer's database and is read in its turn.
	sameDB bool

	mu    sync.Mutex
	limit int // entries of the next turn: fewer while a culprit is looked for
	last  error
}

// NewRunner returns a Runner over log that serves consumers. A consumer whose
// state is in a database (flywheel.Stored) has its cursor there; any other lives
// in memory and starts from the beginning of the log.
func NewRunner(log *Log, opts *RunnerOptions, consumers ...flywheel.Consumer) (*Runner, error) {
	if opts == nil {
		opts = &RunnerOptions{}
	}
	if log == nil {
		return nil, fmt.Errorf("segment: a runner without a log: %w", flywheel.ErrInvalid)
	}
	r := &Runner{log: log, now: opts.Now, batch: opts.Batch, workers: opts.Workers, retry: opts.Retry, poll: opts.Poll, replay: opts.Replay, byName: map[string]*seat{}}
	if r.now == nil {
		r.now = log.now
	}
	if r.batch == 0 {
		r.batch = readBatch
	}
	if r.workers == 0 {
		r.workers = runtime.GOMAXPROCS(0)
	}
	if len(r.retry) == 0 {
		r.retry = defaultRetry
	}
	if r.poll == 0 {
		r.poll = 200 * time.Millisecond
	}
	if r.batch < 1 || r.batch > maxBatch || r.workers < 1 || r.workers > 1024 || r.poll < 0 {
		return nil, fmt.Errorf("segment: runner with batches of %d, %d workers, rest of %v: %w", opts.Batch, opts.Workers, opts.Poll, flywheel.ErrOutOfRange)
	}
	for _, d := range r.retry {
		if d <= 0 {
			return nil, fmt.Errorf("segment: runner retries after %v: %w", d, flywheel.ErrOutOfRange)
		}
	}
	if r.home = log.Handle(); r.home == nil {
		r.home = &flywheel.Memory{}
	}
	var err error
	if r.acts, err = cursor.For(r.home); err != nil {
		return nil, fmt.Errorf("segment: the log: %w", err)
	}
	for _, c := range consumers {
		if err := r.seat(c); err != nil {
			return nil, err
		}
	}
	for _, j := range opts.Jobs {
		if flywheel.CheckID(j.Name) != nil || j.Every < time.Second || j.Run == nil {
			return nil, fmt.Errorf("segment: job %q every %v: %w", j.Name, j.Every, flywheel.ErrInvalid)
		}
		r.jobs = append(r.jobs, j)
	}
	return r, nil
}

func (r *Runner) seat(c flywheel.Consumer) error {
	if c == nil {
		return fmt.Errorf("segment: a consumer is nil: %w", flywheel.ErrInvalid)
	}
	s := &seat{name: nameOf(c), consumer: c, limit: r.batch}
	if err := flywheel.CheckID(s.name); err != nil {
		return fmt.Errorf("segment: name of a consumer: %w", err)
	}
	if r.byName[s.name] != nil {
		return fmt.Errorf("segment: two consumers %q: %w", s.name, flywheel.ErrInvalid)
	}
	if stored, ok := c.(flywheel.Stored); ok {
		s.handle = stored.Handle()
	}
	if s.handle == nil {
		s.handle = &flywheel.Memory{}
	}
	var err error
	if s.cursors, err = cursor.For(s.handle); err != nil {
		return fmt.Errorf("segment: consumer %q: %w", s.name, err)
	}
	s.sameDB = s.handle == r.log.Handle()
	if _, inMemory := s.handle.(*flywheel.Memory); inMemory && !s.sameDB {
		s.cursors = &volatile{Store: s.cursors, kept: r.acts, home: r.home}
	}
	r.seats = append(r.seats, s)
	r.byName[s.name] = s
	return nil
}

func nameOf(c flywheel.Consumer) string {
	if n, ok := c.(Named); ok {
		return n.Name()
	}
	return strings.TrimLeft(reflect.TypeOf(c).String(), "*")
}

// load takes over what an earlier process has parked.
func (s *seat) load(ctx context.Context) error {
	if v, ok := s.cursors.(*volatile); ok {
		return v.load(ctx, s.name)
	}
	return nil
}

func (r *Runner) find(consumer string) (*seat, error) {
	s := r.byName[consumer]
	if s == nil {
		return nil, fmt.Errorf("segment: consumer %q: %w", consumer, flywheel.ErrNotFound)
	}
	return s, nil
}

func (r *Runner) clock() time.Time { return r.now().UTC().Truncate(time.Microsecond) }

// Drain brings everything to rest as of the clock's present instant: in rounds
// until nothing more happens it numbers what was told, lets every consumer take
// all entries, then lets time pass, then delivers. The result does not depend on
// the number of workers. A consumer that cannot go on (its database is down) does
// not stop the others; its error is reported at the end. A turn that another worker has is
// waited for; timers and deliveries
// that others have claimed are theirs, and may end after Drain. Entries that cannot be
// taken are no error: see [Runner.Parked].
func (r *Runner) Drain(ctx context.Context) error {
	now := r.clock()
	round := &round{runner: r, now: now, failed: map[string]error{}}
	for {
		moved, err := round.turn(ctx)
		if err != nil {
			return err
		}
		if !moved && !round.busy {
			return errors.Join(round.errs...)
		}
		if !moved {
			if err := rest(ctx, busyRest); err != nil {
				return err
			}
		}
	}
}

// busyRest is how long Drain waits for another worker's turn to end.
const busyRest = 2 * time.Millisecond

// rest waits, or returns the error of a context that ends before.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Run does what [Runner.Drain] does, again and again, until ctx ends, and
// returns its error. What fails is tried again after a rest; [Runner.Health]
// reports it.
func (r *Runner) Run(ctx context.Context) error {
	for {
		round := &round{runner: r, now: r.clock(), failed: map[string]error{}}
		moved, err := round.turn(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if moved && err == nil && len(round.errs) == 0 {
			continue
		}
		if err := rest(ctx, r.poll); err != nil {
			return err
		}
	}
}

// round is one pass of the work of an instant.
type round struct {
	runner *Runner
	now    time.Time
	mu     sync.Mutex
	moved  bool
	busy   bool             // a consumer's turn was another worker's
	failed map[string]error // consumers that cannot go on
	errs   []error
}

// turn goes once through numbering, turns, time and delivery, and reports
// whether anything happened.
func (rd *round) turn(ctx context.Context) (moved bool, err error) {
	r := rd.runner
	rd.moved, rd.busy = false, false
	for {
		n, err := r.log.number(ctx, rd.now)
		if err != nil {
			return false, fmt.Errorf("segment: numbering: %w", err)
		}
		r.pages.clear()
		before := rd.moved
		rd.moved = false
		rd.each(ctx, 1, rd.consume)
		again := rd.moved
		rd.moved = before || again || n > 0
		if !again {
			break
		}
	}
	rd.each(ctx, r.workers, rd.advance)
	rd.each(ctx, r.workers, rd.deliver)
	for _, j := range r.jobs {
		rd.job(ctx, j)
	}
	return rd.moved, ctx.Err()
}

// each calls work for every seat, times at once, on the runner's workers.
func (rd *round) each(ctx context.Context, times int, work func(context.Context, *seat) (bool, error)) {
	queue := make(chan *seat)
	var wg sync.WaitGroup
	for range min(rd.runner.workers, times*len(rd.runner.seats)) {
		wg.Go(func() {
			for s := range queue {
				if rd.stopped(s) || ctx.Err() != nil {
					continue
				}
				moved, err := work(ctx, s)
				rd.note(s, moved, err)
			}
		})
	}
	for range times {
		for _, s := range rd.runner.seats {
			queue <- s
		}
	}
	close(queue)
	wg.Wait()
}

func (rd *round) stopped(s *seat) bool {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	return rd.failed[s.name] != nil
}

func (rd *round) note(s *seat, moved bool, err error) {
	s.mu.Lock()
	s.last = err
	s.mu.Unlock()
	rd.mu.Lock()
	defer rd.mu.Unlock()
	rd.moved = rd.moved || moved
	if err != nil && rd.failed[s.name] == nil {
		err = fmt.Errorf("segment: consumer %q: %w", s.name, err)
		rd.failed[s.name] = err
		rd.errs = append(rd.errs, err)
	}
}

// consume gives a consumer its turns up to the end of the log, after the entries
// whose time of retry has come.
func (rd *round) consume(ctx context.Context, s *seat) (moved bool, err error) {
	r := rd.runner
	if err := s.load(ctx); err != nil {
		return false, err
	}
	if moved, err = r.retryDue(ctx, s, rd.now); err != nil {
		return moved, err
	}
	for {
		took, err := r.takeTurn(ctx, s, rd.now)
		if errors.Is(err, errBusy) {
			rd.mu.Lock()
			defer rd.mu.Unlock()
			rd.busy = true
			return moved, nil
		}
		if err != nil || !took {
			return moved, err
		}
		moved = true
	}
}

// advance lets time pass for a consumer up to its watermark: the present, where it
// has taken all entries, else the receipt of the next one.
func (rd *round) advance(ctx context.Context, s *seat) (moved bool, err error) {
	timed, ok := s.consumer.(Timed)
	if !ok {
		return false, nil
	}
	to, ctx, err := rd.watermark(ctx, s)
	if err != nil {
		return false, err
	}
	for {
		more, err := guard(func() (bool, error) { return timed.Advance(ctx, to) })
		if err != nil || !more {
			return moved, err
		}
		moved = true
	}
}

func (rd *round) deliver(ctx context.Context, s *seat) (moved bool, err error) {
	deliverer, ok := s.consumer.(Deliverer)
	if !ok {
		return false, nil
	}
	to, ctx, err := rd.watermark(ctx, s)
	if err != nil {
		return false, err
	}
	for {
		more, err := guard(func() (bool, error) { return deliverer.Deliver(ctx, to) })
		if err != nil || !more {
			return moved, err
		}
		moved = true
	}
}

// watermark returns up to when time may pass for a consumer, and the context that
// tells it who stands still.
func (rd *round) watermark(ctx context.Context, s *seat) (time.Time, context.Context, error) {
	at, err := s.cursors.At(ctx, s.name)
	if err != nil {
		return time.Time{}, nil, err
	}
	to := rd.now
	next, err := rd.runner.pages.read(ctx, rd.runner.log, at.Position, rd.runner.batch) // as its next turn would
	if err != nil {
		return time.Time{}, nil, err
	}
	if len(next) > 0 && next[0].Received.Before(to) {
		to = next[0].Received
	}
	standing, err := s.standing(ctx)
	if err != nil {
		return time.Time{}, nil, err
	}
	return to, cursor.With(ctx, cursor.Step{Consumer: s.name, Now: to, Held: standing.Held}), nil
}

// standing returns who stands still in a consumer.
func (s *seat) standing(ctx context.Context) (cursor.Standing, error) {
	parked, err := s.cursors.Parked(ctx, s.name)
	return cursor.StandingOf(parked), err
}
