package funnel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Path is a way through sessions and how many went it.
type Path struct {
	Names []string
	Count int
}

// Edge is a passage from one event to the next within sessions; To is empty where the session
// ended.
type Edge struct {
	From, To string
	Count    int
}

// Paths counts the first length names from where from first occurs in a session, or of all sessions
// for an empty one. Repetitions of one name in a row are one. The most frequent come first, then by
// names.
func Paths(events []Event, sessions []Session, from string, length int) ([]Path, error) {
	if length < 1 || length > 100 {
		return nil, fmt.Errorf("funnel: paths of %d: %w", length, flywheel.ErrOutOfRange)
	}
	counts := map[string]int{}
	names := map[string][]string{}
	for _, s := range sessions {
		way, err := wayOf(events, s)
		if err != nil {
			return nil, err
		}
		if i := slices.Index(way, from); from != "" { // from where it first occurs
			if i < 0 {
				continue
			}
			way = way[i:]
		}
		way = way[:min(length, len(way))]
		key := strings.Join(way, "\x00")
		counts[key]++
		names[key] = way
	}
	paths := make([]Path, 0, len(counts))
	for key, n := range counts {
		paths = append(paths, Path{names[key], n})
	}
	slices.SortFunc(paths, func(a, b Path) int { return cmp.Or(b.Count-a.Count, slices.Compare(a.Names, b.Names)) })
	return paths, nil
}

func wayOf(events []Event, s Session) ([]string, error) {
	var way []string
	for _, place := range s.Events {
		if place < 0 || place >= len(events) {
			return nil, fmt.Errorf("funnel: the session of %q has event %d of %d: %w", s.Who, place, len(events), flywheel.ErrInvalid)
		}
		if name := events[place].Name; len(way) == 0 || way[len(way)-1] != name {
			way = append(way, name)
		}
	}
	return way, nil
}

// Edges counts the passages from event to event within sessions, the most frequent first, then by
// names: what a flow diagram draws.
func Edges(events []Event, sessions []Session) ([]Edge, error) {
	counts := map[[2]string]int{}
	for _, s := range sessions {
		way, err := wayOf(events, s)
		if err != nil {
			return nil, err
		}
		for i, name := range way {
			to := ""
			if i+1 < len(way) {
				to = way[i+1]
			}
			counts[[2]string{name, to}]++
		}
	}
	edges := make([]Edge, 0, len(counts))
	for pair, n := range counts {
		edges = append(edges, Edge{pair[0], pair[1], n})
	}
	slices.SortFunc(edges, func(a, b Edge) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return edges, nil
}
