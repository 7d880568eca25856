package cursor

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/flywheel-go/flywheel"
)

// memory is the [Store] of a flywheel.Memory.
type memory struct {
	db     *flywheel.Memory
	places map[string]Place
	parked map[string]map[flywheel.Position]Parked
}

// memories finds the store of a Memory for as long as that lives.
var memories sync.Map // weak.Pointer[flywheel.Memory] → *memory without db

// inMemory returns the cursors of db. The map must not keep db alive, so the
// shared part has no pointer to it.
func inMemory(db *flywheel.Memory) *memory {
	key := weak.Make(db)
	shared, loaded := memories.LoadOrStore(key, &memory{
		places: map[string]Place{}, parked: map[string]map[flywheel.Position]Parked{}})
	if !loaded {
		runtime.AddCleanup(db, func(key weak.Pointer[flywheel.Memory]) { memories.Delete(key) }, key)
	}
	s := shared.(*memory)
	return &memory{db, s.places, s.parked}
}

func (m *memory) Lock(ctx context.Context, consumer string) (Place, bool, error) {
	p, err := m.At(ctx, consumer)
	return p, err == nil, err
}

func (m *memory) At(ctx context.Context, consumer string) (p Place, err error) {
	err = m.db.View(ctx, func() error {
		p = m.places[consumer]
		return nil
	})
	return p, err
}

func (m *memory) put(consumer string, p Place, undo func(func())) {
	before, known := m.places[consumer]
	undo(func() {
		if m.places[consumer] = before; !known {
			delete(m.places, consumer)
		}
	})
	m.places[consumer] = p
}

func (m *memory) Move(ctx context.Context, consumer string, from, to flywheel.Position) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		p := m.places[consumer]
		if p.Position != from {
			return moved(consumer, p.Position, from)
		}
		p.Position, p.Wave = to, ""
		m.put(consumer, p, undo)
		return nil
	})
}

func (m *memory) Pause(ctx context.Context, consumer string, from, to Place) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		if p := m.places[consumer]; p != from {
			return moved(consumer, p.Position, from.Position)
		}
		m.put(consumer, to, undo)
		return nil
	})
}

func (m *memory) Reset(ctx context.Context, consumer string, until flywheel.Position) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		m.put(consumer, Place{Until: until}, undo)
		return nil
	})
}

func (m *memory) Parked(ctx context.Context, consumer string) (list []Parked, err error) {
	err = m.db.View(ctx, func() error {
		parked := m.parked[consumer]
		for _, at := range slices.Sorted(maps.Keys(parked)) {
			list = append(list, parked[at])
		}
		return nil
	})
	return list, err
}

func (m *memory) Park(ctx context.Context, consumer string, p Parked) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		if m.parked[consumer] == nil {
			m.parked[consumer] = map[flywheel.Position]Parked{}
		}
		parked := m.parked[consumer]
		before, known := parked[p.Position]
		undo(func() {
			if parked[p.Position] = before; !known {
				delete(parked, p.Position)
			}
		})
		parked[p.Position] = p
		return nil
	})
}

func (m *memory) Release(ctx context.Context, consumer string, at flywheel.Position) error {
	return m.db.Update(ctx, func(undo func(func())) error {
		parked := m.parked[consumer]
		before, known := parked[at]
		if !known {
			return notParked(consumer, at)
		}
		undo(func() { parked[at] = before })
		delete(parked, at)
		return nil
	})
}
