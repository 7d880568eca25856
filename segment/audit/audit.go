package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Act is what somebody did.
type Act struct {
	Actor  string `json:"actor"`  // who
	Action string `json:"action"` // what, such as "stock.adjust"
	Object string `json:"object"` // to what
	Reason string `json:"reason"` // why
	// Details are the numbers, such as the old and the new price, as JSON or as text.
	Details string `json:"details,omitempty"`
}

// Entry is an act with its place in the chain.
type Entry struct {
	Number int64     `json:"number"` // 1, 2, 3, …
	At     time.Time `json:"at"`     // UTC, to the microsecond
	Act
	Before string `json:"before"` // hash of the entry before, empty for the first
	Hash   string `json:"hash"`
}

// MaxDetails is the longest Details, and MaxReason the longest Reason, in bytes.
const (
	MaxDetails = 64 << 10
	MaxReason  = 4 << 10
)

// Chain is the end of a chain: what the next entry follows. The zero value is an
// empty chain without a key.
type Chain struct {
	// Key makes hashes that nobody without it can compute.
	Key []byte
	// Number and Hash are those of the last entry.
	Number int64
	Hash   string
}

// Append returns the entry of an act and moves the chain's end. An act without actor,
// action, object or reason is a [*flywheel.FieldError] and changes nothing.
func (c *Chain) Append(a Act, at time.Time) (Entry, error) {
	for _, f := range []struct{ name, value string }{{"actor", a.Actor}, {"action", a.Action}, {"object", a.Object}} {
		if err := flywheel.CheckID(f.value); err != nil {
			return Entry{}, fmt.Errorf("audit: %w", &flywheel.FieldError{Field: f.name, Err: err})
		}
	}
	switch {
	case a.Reason == "":
		return Entry{}, fmt.Errorf("audit: %w", &flywheel.FieldError{Field: "reason", Err: fmt.Errorf("missing: %w", flywheel.ErrInvalid)})
	case len(a.Reason) > MaxReason:
		return Entry{}, fmt.Errorf("audit: %w", &flywheel.FieldError{Field: "reason", Err: fmt.Errorf("%d bytes: %w", len(a.Reason), flywheel.ErrLimit)})
	case len(a.Details) > MaxDetails:
		return Entry{}, fmt.Errorf("audit: %w", &flywheel.FieldError{Field: "details", Err: fmt.Errorf("%d bytes: %w", len(a.Details), flywheel.ErrLimit)})
	}
	e := Entry{Number: c.Number + 1, At: at.UTC().Truncate(time.Microsecond), Act: a, Before: c.Hash}
	e.Hash = e.sum(c.Key)
	c.Number, c.Hash = e.Number, e.Hash
	return e, nil
}

// sum returns the hash of an entry. Each text follows its length, so that no two
// entries are hashed alike.
func (e *Entry) sum(key []byte) string {
	var h hash.Hash
	if len(key) > 0 {
		h = hmac.New(sha256.New, key)
	} else {
		h = sha256.New()
	}
	b := []byte("flywheel/audit/1\n")
	b = binary.BigEndian.AppendUint64(b, uint64(e.Number))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	for _, text := range []string{e.Before, e.Actor, e.Action, e.Object, e.Reason, e.Details} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// ErrCorrupt reports a chain that was changed. It matches [flywheel.ErrConflict]:
// what is stored contradicts itself.
var ErrCorrupt = fmt.Errorf("audit: the chain was changed: %w", flywheel.ErrConflict)

// BrokenError names the first entry that does not fit. It matches [ErrCorrupt].
type BrokenError struct {
	// FirstBad is the number that the entry should have; one more than the last where
	// the end is missing.
	FirstBad int64
	What     string
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("audit: entry %d: %s", e.FirstBad, e.What)
}

// Unwrap returns [ErrCorrupt].
func (e *BrokenError) Unwrap() error { return ErrCorrupt }

// Verify reports the first entry of a whole chain, from number 1 on, that was
// changed, removed, inserted or moved.
func Verify(entries []Entry, key []byte) error {
	return VerifyUpTo(Chain{Key: key}, func(yield func(Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}, nil)
}

// VerifyUpTo verifies the entries that follow from, whose Key it uses: nothing for a
// whole chain. Where last is given, the entry of that number must be there with that
// hash. It ends with the first error of entries.
func VerifyUpTo(from Chain, entries iter.Seq2[Entry, error], last *Chain) error {
	c := from
	reached := last == nil || last.Number <= from.Number
	for e, err := range entries {
		if err != nil {
			return err
		}
		number := c.Number + 1
		switch {
		case e.Number != number:
			return &BrokenError{number, fmt.Sprintf("number %d stands there", e.Number)}
		case e.Before != c.Hash:
			return &BrokenError{number, "it follows another entry"}
		case !hmac.Equal([]byte(e.Hash), []byte(e.sum(c.Key))):
			return &BrokenError{number, "its content has another hash"}
		}
		c.Number, c.Hash = e.Number, e.Hash
		if last != nil && last.Number == e.Number {
			if reached = last.Hash == e.Hash; !reached {
				return &BrokenError{number, "the chain was computed anew"}
			}
		}
	}
	if !reached {
		return &BrokenError{c.Number + 1, fmt.Sprintf("the entries up to %d are missing", last.Number)}
	}
	return nil
}
