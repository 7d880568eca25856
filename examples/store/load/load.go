// Package load runs the store under load and says how it did.
//
// Simulated shoppers buy in the process of the store, in faster time; another process opens pages
// at a planned rate and measures each answer from the instant at which its arrival was planned.
// Heap after a collection is taken at the third minute and at the end; when all have gone and the
// wheel is at rest, the books are checked: stock, money, points, one letter for each order.
//
//	go run ./examples/store load -store sqlite:load.db -rate 20 -shoppers 200 -minutes 10
//	go run ./examples/store load -minutes 2 -climb
package load

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/crowd"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// Opened is a store that was opened for a run.
type Opened struct {
	Shop    *page.Shop
	Letters func(to string) []crowd.Letter
	Close   func() error
}

// Open opens a store by its name, as the flag -store has it, with a clock.
type Open func(ctx context.Context, where string, now func() time.Time) (*Opened, error)

type config struct {
	url, where           string
	rate, speed, minutes float64
	shoppers             int
	seed                 uint64
	climb, client        bool
	bound                time.Duration
}

func (c *config) during() time.Duration { return time.Duration(c.minutes * float64(time.Minute)) }

// Command is the headless program. It reports an error if the books do not add up.
func Command(ctx context.Context, args []string, out io.Writer, with Open) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	c := config{}
	flags.StringVar(&c.where, "store", "memory", "the store: memory, sqlite:`FILE` or postgres:DSN; choose one of its own for it")
	flags.Float64Var(&c.rate, "rate", 20, "`pages` a second that are opened beside the shoppers")
	flags.IntVar(&c.shoppers, "shoppers", 200, "`number` of simulated shoppers")
	flags.Float64Var(&c.speed, "speed", 2000, "how many `times` as fast as on the wall time passes in the store")
	flags.Float64Var(&c.minutes, "minutes", 10, "`minutes` that it lasts")
	flags.Uint64Var(&c.seed, "seed", 1, "`number` that shoppers and arrivals are drawn from")
	flags.BoolVar(&c.climb, "climb", false, "afterwards raise the rate until the p95 passes -bound")
	flags.DurationVar(&c.bound, "bound", 50*time.Millisecond, "p95 at which climbing ends")
	flags.BoolVar(&c.client, "client", false, "be the process that opens the pages of -url and measures")
	flags.StringVar(&c.url, "url", "", "`address` of the store, for -client")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !(c.rate > 0 && c.rate <= 1e5) || !(c.speed > 0 && c.speed <= 1e6) || !(c.minutes > 0 && c.minutes <= 1e4) || c.shoppers < 1 {
		return fmt.Errorf("load: -rate %v -speed %v -minutes %v -shoppers %d: %w", c.rate, c.speed, c.minutes, c.shoppers, flywheel.ErrOutOfRange)
	}
	if c.client {
		return client(ctx, c, out)
	}
	return c.run(ctx, out, with)
}

// letters counts how often each message went out.
type letters struct {
	mu   sync.Mutex
	sent map[string]Sending
}

func (c *config) run(ctx context.Context, out io.Writer, with Open) (err error) {
	began := time.Now()
	now := func() time.Time { return began.Add(time.Duration(float64(time.Since(began)) * c.speed)) }
	opened, err := with(ctx, c.where, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	shop := opened.Shop
	mail := &letters{sent: map[string]Sending{}}
	post := shop.Post
	shop.Post = func(ctx context.Context, m web.Mail) error {
		if err := post(ctx, m); err != nil {
			return err
		}
		mail.mu.Lock()
		defer mail.mu.Unlock()
		mail.sent[m.ID] = Sending{mail.sent[m.ID].Times + 1, strings.HasPrefix(m.Subject, "Your order ")}
		return nil
	}
	const password = "of nobody else"
	silent := slog.New(slog.DiscardHandler)
	site := page.New(shop, password, silent)

	work, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 3)
	address := make(chan string, 1)
	go func() { ended <- shop.Work(work) }()
	go func() { ended <- site.Serve(work, "127.0.0.1:0", func(url string) { address <- url }) }()
	var at string
	select {
	case at = <-address:
	case err := <-ended:
		return err
	}
	people := &crowd.Crowd{Store: site, Shoppers: c.shoppers, Seed: c.seed, Now: now, Speed: c.speed, Desk: password, Log: silent, Letters: opened.Letters}
	shopping, leave := context.WithCancel(work)
	defer leave()
	go func() { ended <- people.Run(shopping) }()

	heaps := make(chan [2]uint64, 1)
	go func() { heaps <- heapAt(work, min(3*time.Minute, c.during()/3), c.during()) }()
	results, cpu, err := c.measure(work, at)
	if err != nil {
		return err
	}
	heap := <-heaps
	leave()
	stop()
	for range 3 {
		if err := <-ended; err != nil && work.Err() == nil {
			return err
		}
	}
	if err := shop.Wheel.Drain(ctx); err != nil {
		return err
	}
	counts := people.Counts()
	fmt.Fprintf(out, "store %s, %d shoppers at speed %v, %v on %d cores: %d visits, %d pages, %d orders, %d returns, %d reviews, %d accounts, %d pages failed\n",
		c.where, c.shoppers, c.speed, c.during(), runtime.NumCPU(), counts.Visits, counts.Pages, counts.Orders, counts.Returns, counts.Reviews, counts.Accounts, counts.Failures)
	fmt.Fprintf(out, "%8s %8s %7s %10s %10s %10s %10s %12s\n", "pages/s", "pages", "failed", "p50", "p95", "p99", "max", "client late")
	for _, r := range results {
		fmt.Fprintf(out, "%8.1f %8d %7d %10v %10v %10v %10v %12v\n", r.Rate, r.Pages, r.Failed, round(r.P50), round(r.P95), round(r.P99), round(r.Max), round(r.Late))
	}
	fmt.Fprintf(out, "the client took %v of CPU, the store with its shoppers %v\n", round(cpu), round(own()))
	fmt.Fprintf(out, "heap after a collection: %.1f MiB after %v, %.1f MiB at the end (%.2f times)\n", mib(heap[0]), min(3*time.Minute, c.during()/3), mib(heap[1]), float64(heap[1])/float64(max(heap[0], 1)))
	mail.mu.Lock()
	defer mail.mu.Unlock()
	return Check(ctx, shop, mail.sent, out)
}

// heapAt is the heap after a collection at two instants.
func heapAt(ctx context.Context, instants ...time.Duration) (heap [2]uint64) {
	began := time.Now()
	for i, at := range instants {
		select {
		case <-ctx.Done():
			return heap
		case <-time.After(time.Until(began.Add(at - at/100))): // the last one before the client ends
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		heap[i] = m.HeapAlloc
	}
	return heap
}

// measure runs the client in a process of its own.
func (c *config) measure(ctx context.Context, at string) (results []Result, cpu time.Duration, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, fmt.Errorf("load: %w", err)
	}
	base := at[:len(at)-len("/en/")]
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	child := exec.CommandContext(ctx, self, "load", "-client", "-url", base, "-rate", number(c.rate), "-minutes", number(c.minutes), "-seed", strconv.FormatUint(c.seed, 10), //nolint:gosec // itself
		"-bound", c.bound.String(), "-climb="+strconv.FormatBool(c.climb))
	child.Env = append(os.Environ(), clientEnv+"=1")
	said, err := child.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, 0, fmt.Errorf("load: client: %w: %s", err, exit.Stderr)
		}
		return nil, 0, fmt.Errorf("load: client: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(said)); lines.Scan(); {
		var r Result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, 0, fmt.Errorf("load: client said %.80q: %w", lines.Text(), err)
		}
		results = append(results, r)
	}
	return results, child.ProcessState.UserTime() + child.ProcessState.SystemTime(), nil
}

// clientEnv tells a test binary that it is the client.
const clientEnv = "STORE_LOAD_CLIENT"

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

func mib(bytes uint64) float64 { return float64(bytes) / (1 << 20) }
