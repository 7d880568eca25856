package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/segment/audit"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func chain(t require.TestingT, n int, key []byte) (entries []audit.Entry, end audit.Chain) {
	end.Key = key
	for i := range n {
		e, err := end.Append(audit.Act{Actor: "staff", Action: "stock.adjust", Object: fmt.Sprint("sku-", i), Reason: "count", Details: "-5"}, noon.Add(time.Duration(i)*time.Second))
		require.NoError(t, err)
		entries = append(entries, e)
	}
	return entries, end
}

// TestReference runs the abuse cases of the audit.
func TestReference(t *testing.T) {
	var cases []struct {
		ID, Area, Attack, Ref string
		Input, Expected       json.RawMessage
	}
	testkit.Strict(t, testkit.Reference(t, "security", "abuse.json"), &cases)
	for _, c := range cases {
		if c.Area != "audit" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var in struct {
				Entries               int
				Tamper                string
				Action, Actor, Reason string
				Delta                 int64
			}
			testkit.Strict(t, c.Input, &in)
			var want struct {
				Result, Kind string
				FirstBad     int64 `json:"first_bad"`
			}
			testkit.Strict(t, c.Expected, &want)
			var err error
			if in.Action != "" {
				var log audit.Chain
				_, err = log.Append(audit.Act{Actor: in.Actor, Action: in.Action, Object: "sku", Reason: in.Reason, Details: strconv.FormatInt(in.Delta, 10)}, noon)
			} else {
				entries, end := chain(t, in.Entries, nil)
				entries = tamper(t, entries, in.Tamper)
				err = audit.VerifyUpTo(audit.Chain{}, func(yield func(audit.Entry, error) bool) {
					for _, e := range entries {
						if !yield(e, nil) {
							return
						}
					}
				}, &end)
			}
			require.Equal(t, want.Result == "accepted", err == nil, "%v", err)
			switch want.Kind {
			case "":
			case "corrupt":
				require.ErrorIs(t, err, audit.ErrCorrupt)
				var broken *audit.BrokenError
				require.ErrorAs(t, err, &broken)
				require.Equal(t, want.FirstBad, broken.FirstBad)
			case "invalid":
				require.ErrorIs(t, err, flywheel.ErrInvalid)
			default:
				t.Fatalf("unknown kind %q", want.Kind)
			}
		})
	}
}

// tamper does what the case says: to change, remove, swap or insert an entry, or to
// cut the end off.
func tamper(t *testing.T, entries []audit.Entry, how string) []audit.Entry {
	words := strings.Fields(how)
	require.NotEmpty(t, words)
	var numbers []int
	for _, w := range words[1:] {
		if n, err := strconv.Atoi(w); err == nil {
			numbers = append(numbers, n)
		}
	}
	if slices.Contains(words, "last") {
		numbers = append(numbers, len(entries))
	}
	need := func(n int) {
		require.GreaterOrEqual(t, len(numbers), n, how)
		for _, at := range numbers[:n] {
			require.True(t, at >= 1 && at <= len(entries), how)
		}
	}
	switch words[0] {
	case "none":
	case "change", "edit", "alter":
		need(1)
		entries[numbers[0]-1].Reason = "another"
	case "remove", "delete":
		need(1)
		entries = slices.Delete(entries, numbers[0]-1, numbers[0])
	case "swap", "reorder":
		need(2)
		i, j := numbers[0]-1, numbers[1]-1
		entries[i], entries[j] = entries[j], entries[i]
	case "insert", "add":
		need(1)
		at := numbers[0] - 1
		if slices.Contains(words, "after") {
			at++
		}
		forged := entries[numbers[0]-1]
		forged.Number, forged.Reason = int64(at+1), "forged"
		entries = slices.Insert(entries, at, forged)
	case "truncate", "cut":
		need(1)
		entries = entries[:numbers[0]]
	default:
		t.Fatalf("unknown change %q", how)
	}
	return entries
}

// Whatever is changed in any entry shows at that entry, with a key and without.
func TestEveryChangeShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var key []byte
		if rapid.Bool().Draw(t, "key") {
			key = []byte("secret")
		}
		n := rapid.IntRange(1, 8).Draw(t, "entries")
		entries, end := chain(t, n, key)
		require.NoError(t, audit.Verify(entries, key))
		i := rapid.IntRange(0, n-1).Draw(t, "at")
		e := &entries[i]
		switch rapid.IntRange(0, 8).Draw(t, "what") {
		case 0:
			e.Actor += "x"
		case 1:
			e.Action, e.Object = e.Action+e.Object[:1], e.Object[1:] // the same letters
		case 2:
			e.Reason = ""
		case 3:
			e.Details += "0"
		case 4:
			e.At = e.At.Add(time.Microsecond)
		case 5:
			e.Number++
		case 6:
			e.Before = strings.Repeat("0", 64)
		case 7:
			e.Hash = strings.Repeat("0", 64)
		case 8:
			entries = slices.Delete(entries, i, i+1)
		}
		seq := func(yield func(audit.Entry, error) bool) {
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
		}
		err := audit.VerifyUpTo(audit.Chain{Key: key}, seq, &end)
		var broken *audit.BrokenError
		require.ErrorAs(t, err, &broken)
		require.Equal(t, int64(i+1), broken.FirstBad)
		require.ErrorIs(t, err, flywheel.ErrConflict)
	})
}

// Who computes everything again without the key is found by it, and without a key by
// the last hash that is kept elsewhere.
func TestRecomputed(t *testing.T) {
	forged, _ := chain(t, 3, nil)
	require.Error(t, audit.Verify(forged, []byte("secret")))
	_, end := chain(t, 3, []byte("other"))
	err := audit.VerifyUpTo(audit.Chain{}, func(yield func(audit.Entry, error) bool) {
		for _, e := range forged {
			if !yield(e, nil) {
				return
			}
		}
	}, &audit.Chain{Number: 3, Hash: end.Hash})
	require.ErrorIs(t, err, audit.ErrCorrupt)
	lost := errors.New("lost")
	require.ErrorIs(t, audit.VerifyUpTo(audit.Chain{}, func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, lost) }, nil), lost)
}

func TestBadActs(t *testing.T) {
	good := audit.Act{Actor: "a", Action: "b", Object: "c", Reason: "d"}
	for field, change := range map[string]func(a *audit.Act){
		"actor": func(a *audit.Act) { a.Actor = "" }, "action": func(a *audit.Act) { a.Action = "\x00" }, "object": func(a *audit.Act) { a.Object = " " },
		"reason": func(a *audit.Act) { a.Reason = "" },
	} {
		a := good
		change(&a)
		var c audit.Chain
		_, err := c.Append(a, noon)
		var at *flywheel.FieldError
		require.ErrorAs(t, err, &at)
		require.Equal(t, field, at.Field)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		require.Equal(t, audit.Chain{}, c)
	}
	var c audit.Chain
	long := good
	long.Details = strings.Repeat("x", audit.MaxDetails+1)
	_, err := c.Append(long, noon)
	require.ErrorIs(t, err, flywheel.ErrLimit)
	long = good
	long.Reason = strings.Repeat("x", audit.MaxReason+1)
	_, err = c.Append(long, noon)
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

func BenchmarkAppend(b *testing.B) {
	var c audit.Chain
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Append(audit.Act{Actor: "staff", Action: "stock.adjust", Object: "mug", Reason: "broken"}, noon); err != nil {
			b.Fatal(err)
		}
	}
}
