package segment

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// MemoryLog is the [LogStore] in memory. An event takes its own 168 bytes, its
// lines 40 bytes each, and an entry in the index of IDs; lines are copied once,
// into blocks shared by many events.
type MemoryLog struct {
	db      *flywheel.Memory
	chunks  [][]flywheel.Event // all full but the last
	count   int
	ids     map[string]Position
	cursors map[string]Position
	lines   []flywheel.Line // the unused rest of the current block
}

const (
	chunkEvents = 1024
	blockLines  = 4096
)

// NewMemoryLog returns an empty log in db; nil is a database of its own.
func NewMemoryLog(db *flywheel.Memory) *MemoryLog {
	if db == nil {
		db = &flywheel.Memory{}
	}
	return &MemoryLog{db: db, ids: map[string]Position{}, cursors: map[string]Position{}}
}

// Handle implements flywheel.Stored: the database given to the constructor.
func (m *MemoryLog) Handle() flywheel.Transactor { return m.db }

// InTx implements flywheel.Transactor with the database's.
func (m *MemoryLog) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return m.db.InTx(ctx, fn)
}

// Append implements [LogStore].
func (m *MemoryLog) Append(ctx context.Context, events ...flywheel.Event) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		before := m.count
		undo(func() { m.truncate(before) })
		for i := range events {
			e := &events[i]
			if at, ok := m.ids[e.ID]; ok {
				if !SameEvent(m.at(at), e) {
					return fmt.Errorf("segment: event %q: %w", e.ID, ErrEventConflict)
				}
				continue
			}
			m.add(e)
		}
		return nil
	})
}

func (m *MemoryLog) add(e *flywheel.Event) {
	last := len(m.chunks) - 1
	if last < 0 || len(m.chunks[last]) == chunkEvents {
		m.chunks = append(m.chunks, make([]flywheel.Event, 0, chunkEvents))
		last++
	}
	kept := *e
	kept.Lines = m.keepLines(e.Lines)
	kept.Properties = cloneObject(e.Properties)
	m.chunks[last] = append(m.chunks[last], kept)
	m.count++
	m.ids[e.ID] = Position(m.count)
}

// keepLines copies lines into the current block. The result has no room to
// append, so that nobody can grow into the next event's lines.
func (m *MemoryLog) keepLines(lines []flywheel.Line) []flywheel.Line {
	n := len(lines)
	switch {
	case n == 0:
		return nil
	case n > blockLines/8:
		return append(make([]flywheel.Line, 0, n), lines...)
	case n > len(m.lines):
		m.lines = make([]flywheel.Line, blockLines)
	}
	kept := m.lines[:n:n]
	m.lines = m.lines[n:]
	copy(kept, lines)
	return kept
}

func (m *MemoryLog) truncate(count int) {
	for ; m.count > count; m.count-- {
		last := len(m.chunks) - 1
		chunk := m.chunks[last]
		e := &chunk[len(chunk)-1]
		delete(m.ids, e.ID)
		*e = flywheel.Event{}
		if m.chunks[last] = chunk[:len(chunk)-1]; len(chunk) == 1 {
			m.chunks = m.chunks[:last]
		}
	}
}

func (m *MemoryLog) at(p Position) *flywheel.Event {
	return &m.chunks[(p-1)/chunkEvents][(p-1)%chunkEvents]
}

// Read implements [LogStore].
func (m *MemoryLog) Read(ctx context.Context, after Position, limit int) (entries []Entry, err error) {
	err = m.db.View(ctx, func() error {
		n := min(Position(limit), Position(m.count)-after)
		if n <= 0 {
			return nil
		}
		entries = make([]Entry, n)
		for i := range entries {
			at := after + Position(i) + 1
			entries[i] = Entry{at, *m.at(at)}
		}
		return nil
	})
	return entries, err
}

// Cursor implements [LogStore].
func (m *MemoryLog) Cursor(ctx context.Context, consumer string) (at Position, err error) {
	err = m.db.View(ctx, func() error {
		at = m.cursors[consumer]
		return nil
	})
	return at, err
}

// Advance implements [LogStore].
func (m *MemoryLog) Advance(ctx context.Context, consumer string, from, to Position) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		at, known := m.cursors[consumer]
		if at != from {
			return fmt.Errorf("segment: cursor of %q is at %d, not %d: %w", consumer, at, from, flywheel.ErrConflict)
		}
		undo(func() {
			if m.cursors[consumer] = at; !known {
				delete(m.cursors, consumer)
			}
		})
		m.cursors[consumer] = to
		return nil
	})
}
