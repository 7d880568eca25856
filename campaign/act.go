package campaign

import (
	"time"

	"github.com/flywheel-go/flywheel"
)

// ActKind says what an operator did.
type ActKind string

// What an operator can do with a journey.
const (
	ActLaunch ActKind = "launch"
	ActPause  ActKind = "pause"
	ActResume ActKind = "resume"
	ActRetire ActKind = "retire"
	ActCancel ActKind = "cancel"
	// ActRebuild is [Engine.Reset], of no journey. It is Read once the rebuild is over.
	ActRebuild ActKind = "rebuild"
	// ActForgotten stands in place of an act about a person who was forgotten.
	ActForgotten ActKind = "forgotten"
)

// Act is one thing that an operator did with a journey. The acts in their order
// are all versions of all journeys with their dates: an entry of the log is judged
// by those recorded before it was received, on the day as in a rebuild.
type Act struct {
	// Seq counts the acts of the store, from 1.
	Seq     int64   `json:"seq"`
	Kind    ActKind `json:"kind"`
	Journey ID      `json:"journey"`
	// Recorded is the trusted instant of the act, Position how far the engine had
	// read the log then.
	Recorded time.Time         `json:"recorded"`
	Position flywheel.Position `json:"position"`

	// What was launched: the version, from when on it takes entries, which steps
	// of other versions continue at which of its own, and from when on events of
	// before enter.
	Launched    *Journey          `json:"launched,omitempty"`
	From        time.Time         `json:"from,omitzero"`
	Migrate     map[string]string `json:"migrate,omitempty"`
	EntriesFrom time.Time         `json:"entries_from,omitzero"`
	// Progress is how far the log was read for EntriesFrom, Read whether that was
	// all.
	Progress flywheel.Position `json:"progress,omitempty"`
	Read     bool              `json:"read,omitempty"`

	// Contacts are those whose runs are canceled; none means all.
	Contacts []flywheel.Person `json:"contacts,omitempty"`
}

// before reports whether the act was recorded before e was received.
func (a *Act) before(e *flywheel.Entry) bool {
	if c := a.Recorded.Compare(e.Received); c != 0 {
		return c < 0
	}
	return a.Position < e.Position
}

// sweeps reports whether the act changes runs that are under way.
func (a *Act) sweeps() bool { return a.Kind == ActCancel || a.Kind == ActLaunch && len(a.Migrate) > 0 }

// open reports whether events of before the launch have still to enter.
func (a *Act) open() bool {
	return a.Kind == ActLaunch && !a.EntriesFrom.IsZero() && !a.Read
}
