package flag_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/flag"
)

// One feature changes, the others and what else the payload has stay, and another
// process sees it; what is wrong changes nothing.
func TestSetFeature(t *testing.T) {
	ctx, store := t.Context(), experiment.NewMemory(nil)
	flags, err := flag.New(store, nil)
	require.NoError(t, err)
	_, err = flags.Feature(ctx, "banner")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	require.NoError(t, flags.SetFeature(ctx, "banner", flag.Feature{Default: json.RawMessage(`false`)}))
	require.NoError(t, flags.Load(ctx, []byte(`{"features": {"banner": {"defaultValue": false}, "other": {"defaultValue": 7}}, "savedGroups": {"friends": ["anna"]}}`)))
	want := flag.Feature{Default: json.RawMessage(`false`), Rules: []flag.Rule{{Force: json.RawMessage(`true`), Experiment: flag.Experiment{Condition: json.RawMessage(`{"id": {"$inGroup": "friends"}}`)}}}}
	require.NoError(t, flags.SetFeature(ctx, "banner", want))
	got, err := flags.Feature(ctx, "banner")
	require.NoError(t, err)
	require.Equal(t, want.Default, got.Default)
	require.Len(t, got.Rules, 1)
	other, err := flag.New(store, nil)
	require.NoError(t, err)
	require.NoError(t, other.Refresh(ctx))
	for _, s := range []*flag.Service{flags, other} {
		require.True(t, s.Set().Evaluate("banner", &flag.User{Attributes: map[string]any{"id": "anna"}}).On)
		require.False(t, s.Set().Evaluate("banner", &flag.User{Attributes: map[string]any{"id": "bob"}}).On)
		require.EqualValues(t, 7, s.Set().Evaluate("other", &flag.User{}).Value)
	}
	for _, wrong := range []flag.Feature{{Default: json.RawMessage(`{`)}, {Rules: []flag.Rule{{Experiment: flag.Experiment{Condition: json.RawMessage(`{"id": {"$no": 1}}`)}, Force: json.RawMessage(`1`)}}}} {
		require.Error(t, flags.SetFeature(ctx, "banner", wrong))
	}
	require.ErrorIs(t, flags.SetFeature(ctx, "", want), flywheel.ErrInvalid)
	again, err := flags.Feature(ctx, "banner")
	require.NoError(t, err)
	require.Equal(t, got, again)
	_, err = flags.Feature(ctx, "none")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
}

// A feature is switched off for everybody.
func ExampleService_SetFeature() {
	ctx := context.Background()
	flags, _ := flag.New(nil, nil)
	if err := flags.Load(ctx, []byte(`{"features": {"banner": {"defaultValue": true}}}`)); err != nil {
		panic(err)
	}
	if err := flags.SetFeature(ctx, "banner", flag.Feature{Default: json.RawMessage(`false`)}); err != nil {
		panic(err)
	}
	f, err := flags.Feature(ctx, "banner")
	fmt.Println(string(f.Default), flags.Set().Evaluate("banner", &flag.User{}).On, err)
	// Output: false false <nil>
}
