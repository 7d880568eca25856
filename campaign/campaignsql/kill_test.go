package campaignsql_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// twice sends, waits for a moment and sends again.
var twice = campaign.Journey{
	ID: "twice", Trigger: campaign.Trigger{Event: "in"}, Steps: []campaign.Step{
		{ID: "one", Send: &campaign.Send{Channel: "email"}},
		{ID: "wait", Wait: &campaign.Wait{Duration: campaign.Duration{Time: 200 * time.Millisecond}}},
		{ID: "two", Send: &campaign.Send{Channel: "email"}},
	},
}

// provider takes messages over a socket and has no memory: it counts how often it
// took each.
type provider struct {
	net.Listener
	mu    sync.Mutex
	taken map[string]int
}

func (p *provider) serve() {
	for {
		conn, err := p.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				p.mu.Lock()
				p.taken[lines.Text()]++
				p.mu.Unlock()
				if _, err := fmt.Fprintln(conn, "ok"); err != nil {
					return
				}
			}
		}()
	}
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.taken)
}

func engineOn(t testing.TB, dsn, address string) (*campaign.Engine, *sql.DB) {
	pool, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { pool.Close() })
	e, err := campaign.New(campaignsql.New(flywheel.OpenSQL(pool, flywheel.Postgres)), &campaign.Options{
		Journeys: []campaign.Journey{twice}, Lease: 1500 * time.Millisecond, SendLimit: time.Second, Now: func() time.Time { return start }, InFlight: 4,
		Sender: campaign.SenderFunc(func(ctx context.Context, m campaign.Message) error {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", address)
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := fmt.Fprintln(conn, m.ID); err != nil {
				return err
			}
			_, err = bufio.NewReader(conn).ReadString('\n')
			return err
		}),
	})
	require.NoError(t, err)
	return e, pool
}

// TestWorker is the process that TestKills starts and kills.
func TestWorker(t *testing.T) {
	dsn := os.Getenv("FLYWHEEL_CAMPAIGN_WORKER")
	if dsn == "" {
		t.Skip("only as a process of TestKills")
	}
	e, _ := engineOn(t, dsn, os.Getenv("FLYWHEEL_CAMPAIGN_PROVIDER"))
	for {
		for _, step := range []func(context.Context, time.Time) (bool, error){e.Advance, e.Deliver} {
			if _, err := step(t.Context(), time.Now()); err != nil {
				fmt.Println(err)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Processes that share a database and are killed in the middle of everything send
// each message once, but for those whose answer died with them.
func TestKills(t *testing.T) {
	people, processes, kills := testkit.Often(80, 40), 2, testkit.Often(4, 2)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		people, processes, kills = 1500, 4, 20
	}
	dsn := pgtest.DSN(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &provider{Listener: listener, taken: map[string]int{}}
	go p.serve()
	defer listener.Close()
	e, pool := engineOn(t, dsn, listener.Addr().String())
	db := flywheel.OpenSQL(pool, flywheel.Postgres)
	require.NoError(t, flywheel.Migrate(t.Context(), db, campaignsql.New(db)))
	var entries []flywheel.Entry
	for i := range people {
		who := flywheel.CustomerID(fmt.Sprint("c", i))
		entries = append(entries, flywheel.Entry{
			Position: flywheel.Position(i + 1), Received: start.Add(time.Second), Effective: start, Person: flywheel.PersonOf(who, ""),
			Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: "in", Time: start, Customer: who},
		})
	}
	require.NoError(t, e.Consume(t.Context(), entries))

	run := func() *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run=^TestWorker$", "-test.timeout=0")
		c.Env = append(os.Environ(), "FLYWHEEL_CAMPAIGN_WORKER="+dsn, "FLYWHEEL_CAMPAIGN_PROVIDER="+listener.Addr().String())
		require.NoError(t, c.Start())
		return c
	}
	var workers []*exec.Cmd
	for range processes {
		workers = append(workers, run())
	}
	stop := func(c *exec.Cmd) {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	}
	defer func() {
		for _, c := range workers {
			stop(c)
		}
	}()
	lost := map[string]int{} // by message: how often its answer may have died
	deadline := time.Now().Add(2 * time.Minute)
	for i := range kills {
		for goal := 2 * people * (i + 1) / (kills + 2); p.count() < goal && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		victim := i % processes
		stop(workers[victim])
		rows, err := pool.QueryContext(t.Context(), `SELECT id FROM flywheel_effects WHERE state = 1`)
		require.NoError(t, err)
		for rows.Next() {
			var id string
			require.NoError(t, rows.Scan(&id))
			lost[id]++
		}
		require.NoError(t, rows.Close())
		workers[victim] = run()
	}
	for time.Now().Before(deadline) {
		report, err := e.Report(t.Context())
		require.NoError(t, err)
		if report[0].Completed == int64(people) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	report, err := e.Report(t.Context())
	require.NoError(t, err)
	require.Equal(t, []campaign.Tally{{Journey: "twice", Entries: int64(people), Completed: int64(people), Sends: 2 * int64(people)}}, report)
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Len(t, p.taken, 2*people)
	var again []string
	for id, n := range p.taken {
		require.LessOrEqual(t, n, 1+lost[id], "%s was taken again although no answer was lost", id)
		if n > 1 {
			again = append(again, id)
		}
	}
	t.Logf("%d kills of %d processes: %d messages, %d of them taken again", kills, processes, 2*people, len(again))
	require.LessOrEqual(t, len(again), 4*kills, "more than were in flight")
}
