package review

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

var (
	// ErrStale reports a save of a post that somebody else saved meanwhile. It
	// matches [flywheel.ErrStale].
	ErrStale = fmt.Errorf("review: %w", flywheel.ErrStale)
	// ErrReviewed reports a second review of a product by one author. It matches
	// [flywheel.ErrConflict].
	ErrReviewed = fmt.Errorf("review: the author has reviewed the product: %w", flywheel.ErrConflict)
	// ErrKeyReused reports a draft under the ID of another post. It matches
	// [flywheel.ErrKeyReused].
	ErrKeyReused = fmt.Errorf("review: %w", flywheel.ErrKeyReused)
)

// PostError names the post that a call is about. It matches what Err matches.
type PostError struct {
	Post string // its ID
	Err  error  // wraps a kind
}

func (e *PostError) Error() string { return fmt.Sprintf("review: post %q: %v", e.Post, e.Err) }

// Unwrap returns the cause.
func (e *PostError) Unwrap() error { return e.Err }

// notFound is the answer for a post that does not exist, and for one that the
// caller may not know.
func notFound(id string) error { return &PostError{id, flywheel.ErrNotFound} }

func field(name string, err error) error { return &flywheel.FieldError{Field: name, Err: err} }
