//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

// account would run the server; here FLYWHEEL_POSTGRES must name one.
type account struct{}

func unprivileged() (account, error) {
	return account{}, errors.New("a throw-away server needs a Unix system")
}

func (account) own(string) error { return nil }

func (account) command(_, name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }

func (account) run(_, name string, args ...string) error { return exec.Command(name, args...).Run() }
