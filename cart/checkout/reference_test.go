package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/examples/checkout/script"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// waiting are the reference cases that the packages do not answer yet. The list
// may only shrink: a case on it that passes fails the test.
var waiting []string

// mistaken are steps, counted from 1, whose expectation contradicts the rules of the
// form, and what the rules say instead. In R11 the gateway's script declines the
// second authorization, so the first exchange is a conflict; the case has for it the
// answer to its repetition.
var mistaken = map[string]map[int]string{"R11": {10: `{"error":"conflict"}`}}

// TestReference runs the reference cases of the whole way from a cart to the last
// refund. The driver translates steps into calls and answers into JSON; it computes
// nothing.
func TestReference(t *testing.T) {
	var file struct {
		Family string
		Form   int
		Shops  map[string]map[string]json.RawMessage
		Cases  []refCase
	}
	testkit.Strict(t, testkit.Reference(t, "checkout", "cases.json"), &file)
	require.Equal(t, "checkout", file.Family)
	require.Equal(t, 1, file.Form)
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			err := c.run(t, file.Shops)
			if slices.Contains(waiting, c.ID) && !testkit.Overridden() {
				require.Error(t, err, "the case passes: take it off the list")
				return
			}
			require.NoError(t, err, "%s: %s", c.Title, c.Why)
		})
	}
}

// TestMore runs cases of our own in the form of the reference, in its shops: what its
// rules say and no case of it shows.
func TestMore(t *testing.T) {
	var shops, more struct {
		Family string
		Form   int
		Shops  map[string]map[string]json.RawMessage
		Cases  []refCase
	}
	for file, into := range map[string]any{"cases.json": &shops, "more.json": &more} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		require.NoError(t, err)
		testkit.Strict(t, data, into)
	}
	for _, c := range more.Cases {
		t.Run(c.ID, func(t *testing.T) { require.NoError(t, c.run(t, shops.Shops), "%s: %s", c.Title, c.Why) })
	}
}

type refCase struct {
	ID, Family, Title, Why string
	Setup                  map[string]json.RawMessage
	Steps                  []json.RawMessage
	Expected               map[string]json.RawMessage
}

// run reports the first step whose answer is another than expected.
func (c *refCase) run(tb testing.TB, shops map[string]map[string]json.RawMessage) error {
	s, err := script.Open(tb.Context(), c.setup(tb, shops))
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	for i, raw := range c.Steps {
		var step script.Step
		testkit.Strict(tb, raw, &step)
		if right, wrong := mistaken[c.ID][i+1]; wrong {
			step.Expect = nil
			testkit.Strict(tb, []byte(right), &step.Expect)
		}
		if err := compareStep(tb.Context(), s, &step); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.Do, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Expected)) {
		got, err := s.Look(tb.Context(), name, c.Expected[name])
		if err != nil {
			return fmt.Errorf("expected.%s: %w", name, err)
		}
		if err := refSame("expected."+name, c.Expected[name], got, true); err != nil {
			return err
		}
	}
	return nil
}

func (c *refCase) setup(tb testing.TB, shops map[string]map[string]json.RawMessage) *script.Setup {
	setup, err := script.ParseSetup(shops, c.Setup)
	require.NoError(tb, err)
	return setup
}

// step makes one step and compares its answer.
func compareStep(ctx context.Context, s *script.Shop, step *script.Step) error {
	answer, failed := s.Do(ctx, step)
	if errors.Is(failed, script.ErrUnknown) {
		return failed
	}
	var want string
	if raw, ok := step.Expect["error"]; ok {
		if err := json.Unmarshal(raw, &want); err != nil {
			return err
		}
	}
	if got := script.Kind(failed); got != want {
		return fmt.Errorf("error is %q, want %q: %w", got, want, failed)
	}
	for _, key := range slices.Sorted(maps.Keys(step.Expect)) {
		if key == "error" {
			continue
		}
		got, there := answer[key]
		if !there && slices.Contains([]string{"replayed", "duplicate", "ignored"}, key) {
			continue // they only say why nothing happened
		}
		if !there {
			return fmt.Errorf("%s is not told", key)
		}
		if err := refSame(key, step.Expect[key], got, false); err != nil {
			return fmt.Errorf("%w (error: %v)", err, failed)
		}
	}
	return nil
}

// refSame compares what is told with what is expected: messages as sets, all else
// exactly, fields that are not expected not at all; exact also those.
func refSame(place string, want json.RawMessage, got any, exact bool) error {
	data, err := json.Marshal(got)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &g); err != nil {
		return err
	}
	if place == "messages" || place == "breached" {
		sortTexts(w)
		sortTexts(g)
	}
	return refEqual(place, w, g, exact)
}

// refEqual compares, exactly or without what is not expected where the form leaves it
// open.
func refEqual(place string, want, got any, exact bool) error {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is %v, want %v", place, got, want)
		}
		for k, v := range w {
			gv, there := g[k]
			if !there {
				return fmt.Errorf("%s.%s is not there, want %v of %v", place, k, v, g)
			}
			if err := refEqual(place+"."+k, v, gv, exact); err != nil {
				return err
			}
		}
		for k := range g {
			if _, there := w[k]; !there && (exact || place != "refund" && !strings.HasPrefix(place, "options")) {
				return fmt.Errorf("%s.%s is %v and not expected", place, k, g[k])
			}
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if got == nil && len(w) == 0 {
			return nil
		}
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s is %v, want %v", place, got, want)
		}
		for i := range w {
			if err := refEqual(fmt.Sprintf("%s[%d]", place, i), w[i], g[i], exact); err != nil {
				return err
			}
		}
		return nil
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Errorf("%s is %v, want %v", place, got, want)
	}
	return nil
}

func sortTexts(v any) {
	list, ok := v.([]any)
	if !ok {
		return
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

// readTestdata returns the file of the reference cases that lies with the package.
func readTestdata(tb testing.TB) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "cases.json"))
	require.NoError(tb, err)
	return data
}
