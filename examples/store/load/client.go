package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Result is what a client measured at one rate.
type Result struct {
	Rate     float64       `json:"rate"` // planned pages a second
	Pages    int           `json:"pages"`
	Failed   int           `json:"failed"` // no answer, or one of 500 and more
	P50      time.Duration `json:"p50"`
	P95      time.Duration `json:"p95"`
	P99      time.Duration `json:"p99"`
	Max      time.Duration `json:"max"`
	Late     time.Duration `json:"late"` // p95 of how late the client itself sent a request
	Duration time.Duration `json:"duration"`
}

// paths are what arrivals open, with their weights.
var paths = []struct {
	path   string
	weight int
}{
	{"/en/", 25}, {"/en/goods", 15}, {"/de/goods?q=Becher", 10}, {"/en/goods?q=stonware", 5}, {"/en/collections/gifts", 5}, {"/en/goods/stoneware-mug", 15},
	{"/en-us/goods/reading-lamp", 10}, {"/zh/goods/iron-pot", 5}, {"/en/cart", 5}, {"/en/suggest?q=lam", 5},
}

// arrivals opens pages at a rate for a time: arrivals are a Poisson process drawn before, nobody
// waits for anybody, and each answer is measured from the instant at which its arrival was
// planned, so that a store that is slow cannot slow down what measures it.
func arrivals(ctx context.Context, base string, rate float64, during time.Duration, seed uint64) Result {
	random := rand.New(rand.NewPCG(seed, math.Float64bits(rate)))
	total := 0
	for _, p := range paths {
		total += p.weight
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxIdleConns: 256}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var took, late []time.Duration
	failed := 0
	var all sync.WaitGroup
	begin := time.Now()
	for at := time.Duration(0); ; {
		at += time.Duration(random.ExpFloat64() / rate * float64(time.Second))
		pick, path := random.IntN(total), ""
		for _, p := range paths {
			if pick -= p.weight; pick < 0 {
				path = p.path
				break
			}
		}
		if at > during {
			break
		}
		planned := begin.Add(at)
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(planned)):
		}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			sent := time.Since(planned)
			ok := open(ctx, client, base+path)
			t := time.Since(planned)
			mu.Lock()
			defer mu.Unlock()
			took, late = append(took, t), append(late, sent)
			if !ok {
				failed++
			}
		})
	}
	all.Wait()
	return Result{
		Rate: rate, Pages: len(took), Failed: failed, P50: quantile(took, .5), P95: quantile(took, .95), P99: quantile(took, .99), Max: quantile(took, 1),
		Late: quantile(late, .95), Duration: time.Since(begin),
	}
}

func open(ctx context.Context, client *http.Client, address string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return false
	}
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err == nil && answer.StatusCode < 500
}

// quantile is the smallest value that a share of them does not exceed; 0 of none.
func quantile(values []time.Duration, share float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(share*float64(len(sorted))))-1)]
}

// client is the other process: it measures the planned rate, then climbs until the p95 reaches a
// bound, and writes each result as a line of JSON.
func client(ctx context.Context, c config, out io.Writer) error {
	say := json.NewEncoder(out)
	if err := say.Encode(arrivals(ctx, c.url, c.rate, c.during(), c.seed)); err != nil || !c.climb {
		return err
	}
	for rate := c.rate * 2; ctx.Err() == nil && rate < 100_000; rate *= 1.5 {
		r := arrivals(ctx, c.url, rate, 20*time.Second, c.seed)
		if err := say.Encode(r); err != nil {
			return err
		}
		if r.P95 > c.bound || r.Failed > 0 {
			return nil
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("load: %w", ctx.Err())
	}
	return nil
}
