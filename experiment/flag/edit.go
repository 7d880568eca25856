package flag

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Feature returns a feature as the payload in the store writes it. The error matches
// [flywheel.ErrNotFound] where the payload, or the feature in it, is missing. Encrypted
// features are refused.
func (s *Service) Feature(ctx context.Context, id string) (Feature, error) {
	p, err := s.stored(ctx)
	if err != nil {
		return Feature{}, err
	}
	raw, ok := p.features[id]
	if !ok {
		return Feature{}, fmt.Errorf("flag: feature %q: %w", id, flywheel.ErrNotFound)
	}
	var f Feature
	if err := json.Unmarshal(raw, &f); err != nil {
		return Feature{}, fmt.Errorf("flag: feature %q: %w: %w", id, err, flywheel.ErrInvalid)
	}
	return f, nil
}

// SetFeature puts a feature in place of that of its name, leaves the rest of the
// payload as it is, and serves the result, as [Service.Load] does. A feature that
// would show nothing to anyone is refused, and so is a payload of encrypted ones. An empty store gets a payload of this
// feature alone.
func (s *Service) SetFeature(ctx context.Context, id string, f Feature) error {
	if err := flywheel.CheckID(id); err != nil {
		return fmt.Errorf("flag: feature: %w", err)
	}
	p, err := s.stored(ctx)
	if errors.Is(err, flywheel.ErrNotFound) {
		p, err = stored{all: map[string]json.RawMessage{}, features: map[string]json.RawMessage{}}, nil
	}
	if err != nil {
		return err
	}
	if p.features[id], err = json.Marshal(f); err != nil {
		return fmt.Errorf("flag: feature %q: %w", id, err)
	}
	if p.all["features"], err = json.Marshal(p.features); err != nil {
		return err
	}
	payload, err := json.Marshal(p.all)
	if err != nil {
		return err
	}
	set, err := Parse(payload, &s.parse)
	if err != nil {
		return err
	}
	for _, problem := range set.Problems() {
		if at, ok := strings.CutPrefix(problem.Path, "features."+id); ok && (at == "" || at[0] == '.' || at[0] == '[') {
			return problem
		}
	}
	return s.Load(ctx, payload)
}

type stored struct{ all, features map[string]json.RawMessage }

func (s *Service) stored(ctx context.Context) (p stored, err error) {
	d, err := s.store.Definition(ctx, payloadKind, s.name)
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(d.Body, &p.all); err != nil {
		return p, fmt.Errorf("flag: payload: %w: %w", err, ErrPayload)
	}
	if _, ok := p.all["encryptedFeatures"]; ok {
		return p, fmt.Errorf("flag: the features are encrypted: %w", flywheel.ErrInvalid)
	}
	if raw, ok := p.all["features"]; ok {
		if err := json.Unmarshal(raw, &p.features); err != nil {
			return p, fmt.Errorf("flag: features: %w: %w", err, ErrPayload)
		}
	}
	if p.features == nil {
		p.features = map[string]json.RawMessage{}
	}
	return p, nil
}
