package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Gauge is a figure for machines that watch the store, as of now.
type Gauge struct {
	Name, Help string
	Labels     string // such as `consumer="points"`
	Value      float64
}

// bounds of the histogram of answers, in seconds.
var bounds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// meter counts answers by pattern and status. It is safe for concurrent use, and as large as
// the patterns of the site.
type meter struct {
	mu      sync.Mutex
	answers map[[2]string]*times
}

type times struct {
	within []uint64 // by bound
	n      uint64
	sum    time.Duration
}

func (m *meter) count(pattern string, status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := [2]string{pattern, fmt.Sprint(status)}
	t := m.answers[key]
	if t == nil {
		t = &times{within: make([]uint64, len(bounds))}
		m.answers[key] = t
	}
	t.n++
	t.sum += took
	for i, b := range bounds {
		if took.Seconds() <= b {
			t.within[i]++
		}
	}
}

// write writes what was counted in the text format of Prometheus, version 0.0.4.
func (m *meter) write(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprint(w, "# HELP store_http_request_seconds Time to answer, by pattern and status.\n# TYPE store_http_request_seconds histogram\n")
	for _, key := range slices.SortedFunc(maps.Keys(m.answers), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		t, labels := m.answers[key], fmt.Sprintf(`pattern=%q,status=%q`, key[0], key[1])
		for i, b := range bounds {
			fmt.Fprintf(w, "store_http_request_seconds_bucket{%s,le=\"%v\"} %d\n", labels, b, t.within[i])
		}
		fmt.Fprintf(w, "store_http_request_seconds_bucket{%s,le=\"+Inf\"} %d\nstore_http_request_seconds_sum{%s} %v\nstore_http_request_seconds_count{%s} %d\n", labels, t.n, labels, t.sum.Seconds(), labels, t.n)
	}
}

// Machine adds an answer for machines: no visitor, no cookie, no language. What it reports is
// answered with its status, and not said in detail.
func (s *Site) Machine(method, path string, h func(r *http.Request) ([]byte, error)) {
	s.mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) {
		began, status := time.Now(), http.StatusOK
		body, err := h(r)
		if err != nil {
			status = s.failed(r, err).Status
			body = []byte(http.StatusText(status) + "\n")
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		w.Write(body) //nolint:errcheck // the reader has gone
		s.meter.count(r.Pattern, status, time.Since(began))
	})
}

// Watch adds what watches the store: /healthz says that the process is alive, /readyz whether it
// can serve, /metrics what it did. The figures are for programs of the same machine, without a
// proxy between; to others they are not there.
func (s *Site) Watch(ready func(ctx context.Context) error, gauges func(ctx context.Context) ([]Gauge, error)) {
	s.Machine(http.MethodGet, "/healthz", func(*http.Request) ([]byte, error) { return []byte("alive\n"), nil })
	s.Machine(http.MethodGet, "/readyz", func(r *http.Request) ([]byte, error) {
		if err := ready(r.Context()); err != nil {
			return nil, fmt.Errorf("store: not ready: %w", err)
		}
		return []byte("ready\n"), nil
	})
	s.Machine(http.MethodGet, "/metrics", func(r *http.Request) ([]byte, error) {
		if !near(r) {
			return nil, errNowhere
		}
		list, err := gauges(r.Context())
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		s.meter.write(&b)
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		list = append(list, Gauge{"store_heap_bytes", "Heap in use.", "", float64(mem.HeapAlloc)}, Gauge{"store_goroutines", "Goroutines.", "", float64(runtime.NumGoroutine())})
		said := map[string]bool{}
		for _, g := range list {
			if !said[g.Name] {
				said[g.Name] = true
				fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", g.Name, g.Help, g.Name)
			}
			labels := g.Labels
			if labels != "" {
				labels = "{" + labels + "}"
			}
			fmt.Fprintf(&b, "%s%s %v\n", g.Name, labels, g.Value)
		}
		return b.Bytes(), nil
	})
}

// near reports whether a request comes from the machine itself, and not through a proxy there.
func near(r *http.Request) bool {
	for name := range r.Header {
		if name == "Forwarded" || name == "Via" || strings.HasPrefix(name, "X-Forwarded-") {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}
