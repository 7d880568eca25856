package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/strictjson"
)

// MaxSteps is how many planned changes a product may have.
const MaxSteps = 100

// Step is a change of a product, or of a variant of it, that takes effect at an
// instant: a status, a price note, a new title for a season, the end of a listing. It
// is a part of the product until [Service.Advance] takes it.
type Step struct {
	// At is when it takes effect.
	At time.Time `json:"at,omitzero"`
	// Local gives At, in its place, as a time without an offset in the time zone of
	// Channel: 2026-12-01T08:00. What is stored has At alone.
	Local   string  `json:"local,omitempty"`
	Channel Channel `json:"channel,omitempty"`
	// SKU is the variant that changes, empty for the head. A step goes with its
	// variant to another product, and away with it.
	SKU flywheel.SKU `json:"sku,omitempty"`
	// Set and Unset are those of [Service.Patch], of the head without its variants
	// or of the variant.
	Set   Fields   `json:"set,omitempty"`
	Unset []string `json:"unset,omitempty"`
	// Failed says why the step could not be taken when it was due. It is not tried
	// again; a product that is put with an empty Failed schedules it again.
	Failed string `json:"failed,omitempty"`
}

// UnmarshalJSON implements [encoding/json.Unmarshaler]: integers keep their 64
// bits.
func (f *Fields) UnmarshalJSON(data []byte) error {
	m, err := plainObject(data)
	if err == nil {
		*f = m
	}
	return err
}

// Keys that steps do not change, of the head and of a variant.
var (
	unplanned        = []string{"id", "type", "variants", "steps", "version", "created_at", "updated_at"}
	unplannedVariant = []string{"sku", "version", "updated_at"}
)

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
		c.step(&p.Steps[i], fmt.Sprintf("steps[%d].", i))
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return a.At.Compare(b.At) })
	if c.p.any() {
		return
	}
	state := p.cloneHead()
	state.Steps, state.Variants = nil, slices.Clone(p.Variants)
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Failed != "" {
			continue
		}
		next, err := state.after(s)
		place := fmt.Sprintf("steps[%d].", i)
		if err != nil {
			c.p.wrap(place+err.Field, err.Err)
			return
		}
		before := state.Status
		state = next
		state.Variants = slices.Clone(next.Variants)
		trial := checker{schema: c.schema, p: newProblems()}
		trial.product(&next, before)
		c.refs = append(c.refs, trial.refs...)
		for _, wrong := range *trial.p.list {
			field := wrong.Field
			if at := state.variantAt(s.SKU); at >= 0 {
				field = strings.TrimPrefix(field, fmt.Sprintf("variants[%d].", at))
			}
			c.p.wrap(place+"set."+field, wrong.Err)
		}
		if c.p.any() {
			return
		}
		next.Steps = nil
		state = next
	}
}

// step brings one planned change into normal form.
func (c *checker) step(s *Step, at string) {
	if s.Local != "" || s.Channel != "" {
		ch := c.schema.channels[s.Channel]
		switch {
		case ch == nil:
			c.p.notFound(at+"channel", "channel", string(s.Channel))
		case !s.At.IsZero():
			c.p.invalid(at+"local", "the instant is given too")
		default:
			t, err := parseTime(strings.TrimSpace(s.Local), ch.zone)
			if err != nil {
				c.p.wrap(at+"local", err)
			}
			s.At = t
		}
		s.Local, s.Channel = "", ""
		if s.At.IsZero() {
			return
		}
	}
	if s.At.IsZero() || s.At.Year() < 1970 || s.At.Year() > 9999 {
		c.p.invalid(at+"at", "no instant")
	}
	s.At = s.At.UTC().Truncate(time.Microsecond)
	s.SKU = flywheel.SKU(normalText(string(s.SKU)))
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
	keys := unplanned
	if s.SKU != "" {
		keys = unplannedVariant
	}
	for _, key := range keys {
		if _, there := s.Set[key]; there || slices.Contains(s.Unset, key) {
			c.p.invalid(at+"set."+key, "not of a step")
		}
	}
}

// variantAt returns the place of a variant, −1 where there is none.
func (p *Product) variantAt(sku flywheel.SKU) int {
	return slices.IndexFunc(p.Variants, func(v Variant) bool { return v.SKU == sku && sku != "" })
}

// after returns the product as a step makes it, without its steps; the error names the
// field of the step.
func (p *Product) after(s *Step) (Product, *flywheel.FieldError) {
	if s.SKU == "" {
		head := *p
		head.Variants, head.Steps = nil, nil
		next, err := patched(&head, s.Set, s.Unset)
		if err != nil {
			return Product{}, &flywheel.FieldError{Field: "set", Err: fmt.Errorf("%v: %w", err, flywheel.ErrInvalid)}
		}
		next.Variants = p.Variants
		return next, nil
	}
	at := p.variantAt(s.SKU)
	if at < 0 {
		return Product{}, &flywheel.FieldError{Field: "sku", Err: fmt.Errorf("no variant %q: %w", s.SKU, flywheel.ErrNotFound)}
	}
	v, err := patched(&p.Variants[at], s.Set, s.Unset)
	if err != nil {
		return Product{}, &flywheel.FieldError{Field: "set", Err: fmt.Errorf("%v: %w", err, flywheel.ErrInvalid)}
	}
	next := *p
	next.Steps, next.Variants = nil, slices.Clone(p.Variants)
	next.Variants[at] = v
	return next, nil
}

// patched returns a product or a variant with fields replaced, and some taken away.
func patched[T any](v *T, set Fields, unset []string) (T, error) {
	var next T
	base, err := jsonObject(v)
	if err != nil {
		return next, err
	}
	given, err := jsonObject(set)
	if err != nil {
		return next, err
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
		return next, fmt.Errorf("catalog: patch: %w", err)
	}
	err = strictjson.Decode(data, &next, &strictjson.Limits{Bytes: 1 << 28, CaseSensitive: true})
	return next, err
}

// stepsOf divides planned changes into those of a variant and the others.
func stepsOf(list []Step, sku flywheel.SKU) (of, rest []Step) {
	for _, s := range list {
		if s.SKU == sku {
			of = append(of, s)
		} else {
			rest = append(rest, s)
		}
	}
	return of, rest
}

func cloneSteps(list []Step) []Step {
	c := slices.Clone(list)
	for i := range c {
		c[i].Unset = slices.Clone(c[i].Unset)
		if c[i].Set != nil {
			c[i].Set = cloneAny(map[string]any(c[i].Set)).(map[string]any)
		}
	}
	return c
}

func stepsValue(list []Step) any {
	if len(list) == 0 {
		return nil
	}
	out := make([]any, len(list))
	for i, step := range list {
		e := map[string]any{"at": step.At.Format(time.RFC3339Nano)}
		if step.SKU != "" {
			e["sku"] = string(step.SKU)
		}
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
	return out
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
// trusted clock, and tells the beginning and the end of publication windows
// ([EventProductPublished], [EventProductUnpublished]), in order of time, each in a
// transaction of its own. It does a small batch and reports whether it did anything. A
// step that can no longer be is kept with its reason, and holds back nothing else.
// Several processes may call it at once: a step is taken, and a window told, by one of
// them. With it a Service is what segment.Due makes a job of a runner.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	entries, err := s.store.Scan(ctx, Scan{Spaces: []string{dueSpace, windowSpace}, Limit: due.Batch, Timeless: true})
	if err != nil {
		return false, err
	}
	limit := dueKey(now)
	for _, e := range entries {
		if e.Key[:min(len(e.Key), len(limit))] > limit {
			break
		}
		if e.Space == windowSpace {
			took, err := s.turn(ctx, e)
			if err != nil {
				return false, err
			}
			more = more || took
			continue
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
			next, wrong := p.after(&step)
			if wrong != nil {
				return Errors{wrong}
			}
			next.Steps = rest
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
