package loyalty_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/referral"
)

// abuseCases runs the abuse cases about points. The first step that is refused
// ends them, and leaves the balance as it was.
func abuseCases(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		if c.Area != "points" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var in struct {
				Clawback         loyalty.Clawback
				Balance          int64
				Steps            []string
				Parallel, Redeem int64
			}
			testkit.Strict(t, c.Input, &in)
			p := newPurse(t, in.Clawback)
			if in.Balance != 0 {
				require.NoError(t, p.step(t, fmt.Sprintf("earn %d", in.Balance)))
			}
			got := map[string]any{"result": "accepted"}
			for _, step := range in.Steps {
				if err := p.step(t, step); err != nil {
					got["result"], got["kind"] = "refused", kindOf(t, err)
					break
				}
			}
			if in.Parallel > 0 {
				succeeded := 0
				for _, err := range suite.Parallel(int(in.Parallel), func(i int) error {
					_, err := p.service.Burn(t.Context(), member, fmt.Sprint("parallel-", i), in.Redeem)
					return err
				}) {
					if err == nil {
						succeeded++
					} else {
						require.ErrorIs(t, err, loyalty.ErrInsufficient)
					}
				}
				got["succeeded"] = float64(succeeded)
			}
			b, err := p.service.Balance(t.Context(), member)
			require.NoError(t, err)
			got["balance"], got["redeemable"], got["reward"] = float64(b.Available), float64(max(0, b.Available)), float64(p.reward())
			var want map[string]any
			testkit.Strict(t, c.Expected, &want)
			for name, value := range want {
				require.Contains(t, got, name)
				require.Equal(t, value, got[name], "%s: %s", c.Attack, name)
			}
		})
	}
}

func kindOf(t *testing.T, err error) string {
	t.Helper()
	for _, k := range []struct {
		err  error
		name string
	}{
		{flywheel.ErrInvalid, "invalid"}, {flywheel.ErrOutOfRange, "out_of_range"}, {flywheel.ErrLimit, "limit"}, {flywheel.ErrForbidden, "forbidden"},
		{flywheel.ErrNotFound, "not_found"}, {flywheel.ErrConflict, "conflict"},
	} {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	t.Fatalf("%v", err)
	return ""
}

// purse is a member with what happened to the orders of those who were referred.
type purse struct {
	service          *loyalty.Service
	network          referral.Network
	placed, canceled map[string]time.Time
	hold             map[string]time.Duration
	n                int
}

func newPurse(t *testing.T, clawback loyalty.Clawback) *purse {
	s, err := loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{Clawback: clawback}}, Now: func() time.Time { return newYear },
	})
	require.NoError(t, err)
	return &purse{service: s, placed: map[string]time.Time{}, canceled: map[string]time.Time{}, hold: map[string]time.Duration{}}
}

// step does what a line of a case says.
func (p *purse) step(t *testing.T, line string) error {
	t.Helper()
	p.n++
	op := loyalty.Operation{Member: member, Key: fmt.Sprint("step-", p.n), At: newYear}
	var who string
	var days int
	switch words := strings.Fields(line); words[0] {
	case "earn":
		op.Kind = loyalty.Earn
		if n, _ := fmt.Sscanf(line, "earn %d order %s", &op.Points, &who); n == 2 {
			op.Key = who
		} else {
			require.Equal(t, 1, n, line)
		}
	case "redeem":
		n, err := fmt.Sscanf(line, "redeem %d key %s", &op.Points, &who)
		require.GreaterOrEqual(t, n, 1, "%s: %v", line, err)
		if n == 2 {
			op.Key = who
		}
		_, err = p.service.Burn(t.Context(), member, op.Key, op.Points)
		return err
	case "refund":
		require.Len(t, words, 2, line)
		op.Kind, op.Of, op.Points = loyalty.ReverseEarn, words[1], loyalty.All
	case "refer":
		require.Len(t, words, 2, line)
		return p.network.Refer(string(member), words[1], nil)
	case "order":
		n, err := fmt.Sscanf(line, "order %s pending %d days", &who, &days)
		require.Equal(t, 2, n, "%s: %v", line, err)
		p.placed[who], p.hold[who] = newYear, time.Duration(days)*24*time.Hour
		return nil
	case "cancel":
		n, err := fmt.Sscanf(line, "cancel %s after %d days", &who, &days)
		require.Equal(t, 2, n, "%s: %v", line, err)
		p.canceled[who] = p.placed[who].Add(time.Duration(days) * 24 * time.Hour)
		return nil
	default:
		t.Fatalf("unknown step %q", line)
	}
	_, err := p.service.Apply(t.Context(), op)
	return err
}

// reward is what the member earns by referred orders in the end: one for each whose
// hold went by.
func (p *purse) reward() (n int) {
	for who, placed := range p.placed {
		if p.network.Referrer(who) == string(member) && referral.Reward(placed, p.canceled[who], p.hold[who], placed.AddDate(1, 0, 0)) == referral.RewardEarned {
			n++
		}
	}
	return n
}
