package market

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Found is an incident of one item.
type Found struct {
	SKU      flywheel.SKU
	Incident Incident
}

// Group is what seems to be one thing seen in several items.
type Group struct {
	// Start is the first start and Last the last one; Up the direction of all.
	Start, Last time.Time
	Up          bool
	// Members are in order of start, then SKU.
	Members []Found
	// LookAt says what to look at first: what the items share if there are several,
	// else what the one incident says.
	LookAt []string
}

// widespread is the number of items from which a cause is looked for beyond them.
const widespread = 3

// GroupIncidents puts together incidents in one direction that start within the
// given time of the one before. The groups are in order of their starts, falls
// before rises. O(n log n).
func GroupIncidents(found []Found, within time.Duration) ([]Group, error) {
	if within < 0 {
		return nil, refuse("within", within, ErrRange)
	}
	sorted := slices.Clone(found)
	for i, f := range sorted {
		if f.Incident.Start.IsZero() {
			return nil, refuse(fmt.Sprintf("start of found[%d]", i), f.Incident.Start, ErrInput)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Found) int {
		return cmp.Or(a.Incident.Start.Compare(b.Incident.Start), cmp.Compare(a.SKU, b.SKU))
	})
	var groups []Group
	open := map[bool]int{} // direction to the index of its latest group
	for _, f := range sorted {
		i, ok := open[f.Incident.Up]
		if !ok || f.Incident.Start.Sub(groups[i].Last) > within {
			i = len(groups)
			open[f.Incident.Up] = i
			groups = append(groups, Group{Start: f.Incident.Start, Up: f.Incident.Up})
		}
		g := &groups[i]
		g.Last = f.Incident.Start
		g.Members = append(g.Members, f)
	}
	for i := range groups {
		g := &groups[i]
		switch {
		case len(g.Members) < widespread:
			g.LookAt = slices.Clone(g.Members[0].Incident.LookAt)
		case g.Up:
			g.LookAt = []string{"traffic: campaign, mention, season not known yet", "a competitor of all of them", "double counting"}
		default:
			g.LookAt = []string{"tracking and import", "checkout, payment and delivery", "traffic and its sources"}
		}
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(rank(a.Up), rank(b.Up)))
	})
	return groups, nil
}

func rank(up bool) int {
	if up {
		return 1
	}
	return 0
}
