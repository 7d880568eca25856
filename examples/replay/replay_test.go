package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/internal/pgtest"
)

// tiny is a shop that replays in a moment.
var tiny = retail.Shop{Customers: 30, Products: 40, Days: 75}

// replay runs in this process and returns what it printed.
func replay(t testing.TB, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out, io.Discard))
	return out.String()
}

// tinyReport is what a replay of the tiny shop prints, with the flags as they are.
var tinyReport = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "shop.csv")
	f, err := os.Create(name)
	if err != nil {
		return "", err
	}
	err = errors.Join(retail.Synthesize(f, tiny, 3), f.Close())
	var out bytes.Buffer
	if err == nil {
		err = run(context.Background(), []string{"-data", name}, &out, io.Discard)
	}
	return out.String(), err
})

// wantTiny returns what every replay of the tiny shop is to print.
func wantTiny(t testing.TB) string {
	t.Helper()
	want, err := tinyReport()
	require.NoError(t, err)
	return want
}

// built is this program, built once and without the race detector.
var built executable

type executable struct {
	once sync.Once
	dir  string // removed by TestMain
	err  error
}

// name returns the program's file.
func (p *executable) name(t testing.TB) string {
	t.Helper()
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", ""); p.err != nil {
			return
		}
		output, err := exec.Command("go", "build", "-o", filepath.Join(p.dir, "replay"), ".").CombinedOutput()
		if err != nil {
			p.err = fmt.Errorf("%w: %s", err, output)
		}
	})
	require.NoError(t, p.err)
	return filepath.Join(p.dir, "replay")
}

// replay is replay in a process of its own.
func (p *executable) replay(t testing.TB, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(p.name(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s", &errs)
	return out.String()
}

// replayOn is replay on a store. SQLite is a translated program that takes ten times
// as long under the race detector, which has nothing to find in it: there another
// process, built without, replays.
func replayOn(t testing.TB, store string, args ...string) string {
	t.Helper()
	args = append(args, "-store", store)
	if strings.HasPrefix(store, "sqlite:") {
		return built.replay(t, args...)
	}
	return replay(t, args...)
}

// onDurableStores runs a test on a fresh database of each kind.
func onDurableStores(t *testing.T, test func(t *testing.T, fresh func() string)) {
	t.Run("sqlite", func(t *testing.T) {
		n := 0
		dir := t.TempDir()
		test(t, func() string { n++; return fmt.Sprintf("sqlite:%s/shop-%d.db", dir, n) })
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, func() string { return "postgres:" + pgtest.DSN(t) })
	})
}

func TestReplayIsTheSameOnEveryStore(t *testing.T) {
	file, want := writeShop(t, tiny, 3), wantTiny(t)
	assert.Contains(t, want, "WHAT BECAME OF EVERY ROW")
	onDurableStores(t, func(t *testing.T, fresh func() string) {
		store := fresh()
		assert.Equal(t, want, replayOn(t, store, "-data", file))
		assert.Equal(t, want, replayOn(t, store, "-data", file), "a replay that is done reports again")
		store = fresh()
		assert.Equal(t, want, replayOn(t, store, "-data", file, "-durable"))
		assert.Equal(t, want, replayOn(t, store, "-data", file, "-durable"), "learners go on from their cursors")
	})
}

func TestReplayIsTheSameOnAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	dir := t.TempDir()
	var want string
	for _, n := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(n)
		out := filepath.Join(dir, fmt.Sprint(n))
		got := replay(t, "-seed", "5", "-data", writeShop(t, tiny, 5), "-out", out)
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		require.NoError(t, err)
		got += string(page)
		if want == "" {
			want = got
		}
		assert.Equal(t, want, got, "GOMAXPROCS %d", n)
	}
}

func TestReplayDependsOnTheSeed(t *testing.T) {
	assert.NotEqual(t, wantTiny(t), replay(t, "-data", writeShop(t, tiny, 3), "-seed", "2"))
}

// Killed at ten random moments and started again, the replay ends with the same
// bytes as one that nothing happened to.
func TestReplaySurvivesBeingKilled(t *testing.T) {
	program, file, want := built.name(t), writeShop(t, tiny, 3), wantTiny(t)
	moments := 10
	if testing.Short() {
		moments = 2
	}
	onDurableStores(t, func(t *testing.T, fresh func() string) {
		began := time.Now()
		require.NoError(t, exec.Command(program, "-data", file, "-store", fresh()).Run())
		took := time.Since(began)
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d, a replay takes %v", seed, took)
		random := rand.New(rand.NewPCG(seed, 0))
		store := fresh()
		killed := 0
		for i := range moments {
			if i%3 == 0 { // three kills for each database; every other one keeps its learners too
				store = fresh()
			}
			args := []string{"-data", file, "-store", store, fmt.Sprintf("-durable=%t", i/3%2 == 1)}
			cmd := exec.Command(program, args...)
			require.NoError(t, cmd.Start())
			wait := time.Duration(random.Float64() * 0.9 * float64(took))
			time.Sleep(wait)
			_ = cmd.Process.Kill() // SIGKILL; it may be through already
			if cmd.Wait() != nil {
				killed++
			} else {
				took = wait // the machine was busier when it was measured
			}
			if i%3 == 2 || i == moments-1 {
				var out, errs bytes.Buffer
				cmd := exec.Command(program, args...)
				cmd.Stdout, cmd.Stderr = &out, &errs
				require.NoError(t, cmd.Run(), "%s", errs.String())
				require.Equal(t, want, out.String())
			}
		}
		t.Logf("%d of %d were killed on the way", killed, moments)
		if !testing.Short() { // two may both come too late on a busy machine
			assert.Positive(t, killed)
		}
	})
}

// Processes that die between a day's trade and what is learned from it, one after
// the other, come to the same report.
func TestReplayStopsBetweenTradeAndLearning(t *testing.T) {
	file := writeShop(t, tiny, 3)
	kept, err := openStores(t.Context(), "memory", false)
	require.NoError(t, err)
	process := func() *shop {
		book, _, err := input(file, 1, gbp)
		require.NoError(t, err)
		s, err := newShop(book, gbp, 1, kept)
		require.NoError(t, err)
		return s
	}
	traded := 0
	for _, days := range []int{9, 2, 1, 10} {
		s := process()
		done, err := s.resume(t.Context())
		require.NoError(t, err)
		require.Equal(t, traded, done)
		for ; traded < done+days; traded++ {
			if traded > done {
				require.NoError(t, s.learn(t.Context(), s.days[traded-1].date))
			}
			require.NoError(t, s.trade(t.Context(), s.days[traded]))
		}
	}
	last := process()
	require.NoError(t, last.run(t.Context(), func(int, string) {}))
	tables, err := last.report(t.Context())
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, writeText(&out, tables))
	assert.Equal(t, wantTiny(t), out.String())
}

// A database that goes away stops the replay with an error; when it is back the
// replay goes on.
func TestReplayWhenTheDatabaseGoesAway(t *testing.T) {
	file := writeShop(t, tiny, 3)
	dsn := pgtest.DSN(t)
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	if u.Host == "" {
		t.Skip("FLYWHEEL_POSTGRES is not a URL that a proxy could stand in for")
	}
	for _, after := range []int64{20_000, 400_000} {
		proxy := newProxy(t, u.Host, after)
		through := *u
		through.Host = proxy
		dir := filepath.Join(t.TempDir(), "report")
		var out bytes.Buffer
		err = run(t.Context(), []string{"-data", file, "-store", "postgres:" + through.String(), "-out", dir}, &out, io.Discard)
		require.Error(t, err, "cut after %d bytes", after)
		assert.Empty(t, out.String(), "nothing half printed")
		assert.NoDirExists(t, dir)
	}
	assert.Equal(t, wantTiny(t), replay(t, "-data", file, "-store", "postgres:"+dsn))
}

// newProxy listens on the loopback and passes bytes on to a server until that
// many have gone through; then it breaks every connection and takes no other.
func newProxy(t *testing.T, server string, limit int64) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var mu sync.Mutex
	var conns []net.Conn
	passed := int64(0)
	stop := func() {
		listener.Close()
		for _, c := range conns {
			c.Close()
		}
	}
	t.Cleanup(func() { mu.Lock(); defer mu.Unlock(); stop() })
	pass := func(to, from net.Conn) {
		buffer := make([]byte, 4096)
		for {
			n, err := from.Read(buffer)
			mu.Lock()
			if passed += int64(n); passed > limit {
				stop()
			}
			mu.Unlock()
			if err != nil {
				to.Close()
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			mu.Lock()
			conns = append(conns, client, upstream)
			mu.Unlock()
			go pass(upstream, client)
			go pass(client, upstream)
		}
	}()
	return listener.Addr().String()
}

func TestReplayRefusesBadInput(t *testing.T) {
	const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
	const good = "1,A,x,1,2025-01-02 08:00:00,1,1,UK\n"
	write := func(text string) string {
		name := filepath.Join(t.TempDir(), "shop.csv")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"no such file", []string{"-data", "no-such.csv"}, []string{"no-such.csv"}},
		{"empty file", []string{"-data", write("")}, []string{"shop.csv:1", "empty"}},
		{"only a header", []string{"-data", write(header)}, []string{"shop.csv", "no rows"}},
		{"wrong header", []string{"-data", write("a,b\n")}, []string{"shop.csv:1", "InvoiceNo"}},
		{"too few columns", []string{"-data", write(header + good + "2,A\n")}, []string{"shop.csv:3: 2 columns"}},
		{"NaN", []string{"-data", write(header + strings.Replace(good, ",1,1,", ",NaN,1,", 1))}, []string{"shop.csv:2: UnitPrice"}},
		{"unknown currency", []string{"-currency", "XYZ"}, []string{"-currency", "XYZ"}},
		{"unknown store", []string{"-store", "mongo:x"}, []string{"-store", "mongo:x"}},
		{"sqlite in no folder", []string{"-store", "sqlite:/no/such/folder/x.db"}, []string{"-store"}},
		{"no such server", []string{"-store", "postgres:host=127.0.0.1 port=1 connect_timeout=2"}, []string{"-store"}},
		{"durable memory", []string{"-durable"}, []string{"-durable", "memory"}},
		{"workers of memory", []string{"-workers", "2"}, []string{"-workers", "memory"}},
		{"no workers", []string{"-workers", "0"}, []string{"-workers", "0"}},
		{"a stray argument", []string{"shop.csv"}, []string{"shop.csv"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "report")
			var out, errs bytes.Buffer
			err := run(t.Context(), append([]string{"-out", dir}, tt.args...), &out, &errs)
			require.Error(t, err)
			for _, want := range tt.want {
				assert.Contains(t, errs.String()+err.Error(), want)
			}
			assert.Empty(t, out.String())
			assert.NoDirExists(t, dir)
		})
	}
}

func TestReplaySkipsUnreadableRowsWhenAsked(t *testing.T) {
	data, err := os.ReadFile(writeShop(t, tiny, 3))
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "shop.csv")
	require.NoError(t, os.WriteFile(name, append(data, "1,A,x,one,2025-01-02 08:00:00,1,1,UK\n"...), 0o600))
	got := replay(t, "-data", name, "-skip-unreadable")
	line := bytes.Count(data, []byte("\n")) + 1
	assert.Contains(t, got, fmt.Sprintf("%d  ", line))
	assert.Contains(t, got, `"one" is no whole number`)
}

func TestReplayKeepsToItsStore(t *testing.T) {
	small := retail.Shop{Customers: 5, Products: 8, Days: 10}
	file := writeShop(t, small, 3)
	store := "sqlite:" + filepath.Join(t.TempDir(), "shop.db")
	replay(t, "-data", file, "-store", store)
	for _, args := range [][]string{{"-data", file, "-seed", "2"}, {"-data", writeShop(t, small, 4)}} {
		err := run(t.Context(), append(args, "-store", store), io.Discard, io.Discard)
		require.ErrorIs(t, err, flywheel.ErrConflict)
	}
}

func TestReplayStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	err := run(ctx, nil, &out, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, out.String())
}

// A full disk is an error of the report, not a half-written one.
func TestReplayOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	err = run(t.Context(), []string{"-data", writeShop(t, tiny, 3)}, full, io.Discard)
	require.ErrorContains(t, err, "no space left")
}

// The figures of the report agree with each other: what is exact sums up, and
// the money moved differs by rounding only.
func TestReplayReconciles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "report")
	replay(t, "-data", writeShop(t, tiny, 3), "-out", dir)
	for _, name := range []string{"reconciliation", "charged", "months", "stock", "rfm", "loyalty", "journeys", "experiment", "recommendations"} {
		assert.FileExists(t, filepath.Join(dir, name+".csv"))
	}
	book, err := retail.ReadFile(writeShop(t, tiny, 3), gbp)
	require.NoError(t, err)
	var exact int64
	for _, in := range book.Invoices {
		for _, row := range in.Rows {
			exact += row.Value
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "charged.csv"))
	require.NoError(t, err)
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")
	all := strings.Split(rows[len(rows)-1], ",")
	assert.Equal(t, retail.FormatValue(exact), all[2])
	assert.Equal(t, all[2], all[3], "every price of the made-up shop is in whole pence")
}
