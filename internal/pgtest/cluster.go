package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// cluster is a throw-away server.
type cluster struct {
	dsn      string
	watchdog *exec.Cmd
	alive    io.Closer // closed, also by the end of this process, it ends the watchdog
}

// watch waits for the end of its input, which is the end of the test process,
// and then removes the cluster: $1 is pg_ctl, $2 the directory.
const watch = `cat >/dev/null; "$1" stop -D "$2/data" -m immediate -W >/dev/null 2>&1
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -e "$2/data/postmaster.pid" ] || break
	sleep 0.1
done
rm -rf "$2"`

func startCluster() (*cluster, error) {
	initdb, err := binary("initdb")
	if err != nil {
		return nil, err
	}
	ctl, err := binary("pg_ctl")
	if err != nil {
		return nil, err
	}
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "flywheel-pg-")
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	secret := filepath.Join(dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := errors.Join(user.own(dir), user.own(secret)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := &cluster{}
	if err := c.watch(user, ctl, dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	data := filepath.Join(dir, "data")
	err = user.run(dir, initdb, "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret,
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err != nil {
		c.stop()
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		port, err := freePort()
		if err == nil {
			options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"+
				" -c full_page_writes=off -c max_connections=100 -c shared_buffers=32MB -c log_min_messages=fatal", port)
			err = user.run(dir, ctl, "start", "-D", data, "-w", "-t", "60", "-s", "-l", filepath.Join(dir, "log"), "-o", options)
		}
		if err == nil {
			c.dsn = (&url.URL{Scheme: "postgres", User: url.UserPassword("postgres", password),
				Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "postgres", RawQuery: "sslmode=disable"}).String()
			err = ping(c.dsn)
		}
		if err == nil {
			return c, nil
		}
		if attempt == 3 {
			c.stop()
			return nil, err
		}
	}
}

// watch starts the process that removes the cluster when this one is gone.
func (c *cluster) watch(user account, ctl, dir string) error {
	c.watchdog = user.command(dir, "/bin/sh", "-c", watch, "sh", ctl, dir)
	alive, err := c.watchdog.StdinPipe()
	if err != nil {
		return err
	}
	c.alive = alive
	return c.watchdog.Start()
}

func (c *cluster) stop() {
	c.alive.Close()
	c.watchdog.Wait()
}

// binary finds a program of PostgreSQL, the newest version first.
func binary(name string) (string, error) {
	if file, err := exec.LookPath(name); err == nil {
		return file, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("no %s on PATH or below /usr/lib/postgresql", name)
	}
	return slices.MaxFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // 9 before 15
		}
		if a < b {
			return -1
		}
		return 1
	}), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func ping(dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return db.PingContext(ctx)
}
