package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// MaxSteps is how many planned changes a product may have.
const MaxSteps = 100

// Step is a change of a product that takes effect at an instant: a status, a price
// note, a new title for a season, the end of a listing. It is a part of the product
// until [Service.Advance] takes it.
type Step struct {
	// At is when it takes effect.
	At time.Time `json:"at"`
	// Set and Unset are those of [Service.Patch], of the head alone.
	Set   Fields   `json:"set,omitempty"`
	Unset []string `json:"unset,omitempty"`
	// Failed says why the step could not be taken when it was due. It is not tried
	// again; a product that is put with an empty Failed plans it anew.
	Failed string `json:"failed,omitempty"`
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]: integers keep their 64
// bits.
func (f *Fields) UnmarshalJSON(data []byte) error {
	return (*Attributes)(f).UnmarshalJSON(data)
}

// unplanned are the keys that steps do not change.
var unplanned = []string{"id", "type", "variants", "steps", "version", "created_at", "updated_at"}

// steps brings the planned changes of a product into normal form, in the order of
// time, and tries them one after another, so that what cannot be is refused when it
// is planned and not when nobody looks.
func (c *checker) steps(p *Product) {
	if len(p.Steps) == 0 {
		p.Steps = nil
		return
	}
	if len(p.Steps) > MaxSteps {
		c.p.add("steps", flywheel.ErrLimit, "%d, at most %d", len(p.Steps), MaxSteps)
		return
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		at := fmt.Sprintf("steps[%d].", i)
		if s.At.IsZero() || s.At.Year() < 1970 || s.At.Year() > 9999 {
			c.p.invalid(at+"at", "no instant")
		}
		s.At = s.At.UTC().Truncate(time.Microsecond)
		if len(s.Set)+len(s.Unset) == 0 {
			c.p.invalid(at+"set", "nothing changes")
		}
		set, err := jsonObject(s.Set)
		if err != nil {
			c.p.invalid(at+"set", "%v", err)
		}
		if s.Set = set; len(set) == 0 {
			s.Set = nil
		}
		if len(s.Unset) == 0 {
			s.Unset = nil
		}
		for _, key := range unplanned {
			if _, there := s.Set[key]; there || slices.Contains(s.Unset, key) {
				c.p.invalid(at+"set."+key, "not of a step")
			}
		}
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return a.At.Compare(b.At) })
	if c.p.any() {
		return
	}
	state := p.cloneHead()
	state.Steps = nil
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Failed != "" {
			continue
		}
		place := fmt.Sprintf("steps[%d].set", i)
		next, err := state.patched(s.Set, s.Unset)
		if err != nil {
			c.p.invalid(place, "%v", err)
			return
		}
		next.Variants = slices.Clone(p.Variants)
		trial := checker{schema: c.schema, p: c.p.in(place + ".")}
		trial.product(&next, state.Status)
		c.refs = append(c.refs, trial.refs...)
		if c.p.any() {
			return
		}
		next.Variants = nil
		state = next
	}
}

// patched returns the product with fields replaced, and some taken away.
func (p *Product) patched(set Fields, unset []string) (Product, error) {
	base, err := jsonObject(p)
	if err != nil {
		return Product{}, err
	}
	given, err := jsonObject(set)
	if err != nil {
		return Product{}, err
	}
	merge(base, given, 2)
	for _, key := range unset {
		remove(base, key)
	}
	delete(base, "version")
	delete(base, "created_at")
	delete(base, "updated_at")
	data, err := json.Marshal(base)
	if err != nil {
		return Product{}, fmt.Errorf("catalog: patch: %w", err)
	}
	var next Product
	err = strictjson.Decode(data, &next, &strictjson.Limits{Bytes: 1 << 28, CaseSensitive: true})
	return next, err
}

func cloneSteps(list []Step) []Step {
	c := slices.Clone(list)
	for i := range c {
		c[i].Unset = slices.Clone(c[i].Unset)
		if c[i].Set != nil {
			c[i].Set = Fields(Attributes(c[i].Set).clone())
		}
	}
	return c
}

func (s slots) steps(list []Step) {
	if len(list) == 0 {
		return
	}
	out := make([]any, len(list))
	for i, step := range list {
		e := map[string]any{"at": step.At.Format(time.RFC3339Nano)}
		if step.Set != nil {
			e["set"] = map[string]any(step.Set)
		}
		if step.Unset != nil {
			e["unset"] = step.Unset
		}
		if step.Failed != "" {
			e["failed"] = step.Failed
		}
		out[i] = e
	}
	s["steps"] = out
}

// dueSpace is where products with a planned change are found, by the instant of the
// first.
const dueSpace = "d"

func dueKey(at time.Time) string { return fmt.Sprintf("%016x", uint64(at.UnixMicro())) }

// pending returns the first planned change, −1 if there is none.
func (p *Product) pending() int {
	return slices.IndexFunc(p.Steps, func(s Step) bool { return s.Failed == "" })
}

// Advance takes the planned changes that are due at or before an instant of the
// trusted clock, in order of time, each in a transaction of its own. It does a small
// batch and reports whether it did anything. A step that can no longer be is kept
// with its reason, and holds back nothing else. Several processes may call it at
// once: a step is taken by one of them.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	entries, err := s.store.Scan(ctx, Scan{Spaces: []string{dueSpace}, Limit: due.Batch, Timeless: true})
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Key > dueKey(now) {
			break
		}
		for took := true; took; {
			if took, err = s.step(ctx, e.ID, now); err != nil {
				return false, err
			}
			more = more || took
		}
	}
	return more, nil
}

// step takes the first planned change of a product if it is due.
func (s *Service) step(ctx context.Context, id ID, now time.Time) (took bool, err error) {
	take := func(failed string) error {
		_, err := s.edit(ctx, id, func(p *Product) error {
			i := p.pending()
			if took = i >= 0 && !p.Steps[i].At.After(now); !took {
				return nil
			}
			if failed != "" {
				p.Steps[i].Failed = failed
				return nil
			}
			step, rest := p.Steps[i], slices.Delete(slices.Clone(p.Steps), i, i+1)
			variants := p.Variants
			p.Steps, p.Variants = nil, nil
			next, err := p.patched(step.Set, step.Unset)
			if err != nil {
				return fieldError("set", flywheel.ErrInvalid, "%v", err)
			}
			next.Steps, next.Variants = rest, variants
			*p = next
			return nil
		})
		return err
	}
	err = take("")
	if refused, ok := asErrors(err); ok {
		if len(refused) == 1 && refused[0].Field == "product" {
			return false, nil // gone meanwhile
		}
		err = take(refused.Error())
	}
	return took, err
}
