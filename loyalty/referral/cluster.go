package referral

import (
	"cmp"
	"maps"
	"slices"
)

// Edge says that From brought To.
type Edge struct{ From, To string }

// Findings is what the signals of accounts say about referrals.
type Findings struct {
	// Clusters are the accounts that belong together, two at least, sorted.
	Clusters [][]string
	// Ignored are the signals that more accounts share than the limit.
	Ignored []string
	// Inside are the referrals within a cluster, in the order given.
	Inside []Edge
	// InCycle are the accounts on a circle of referrals, sorted.
	InCycle []string
}

// Clusters joins accounts that share a signal, directly or through others. A signal
// that more than sharedByAtMost accounts have, such as the address of a dormitory,
// joins nobody. It also finds the circles among referrals. O(n log n) for n signals
// and referrals.
func Clusters(signals map[string][]string, referrals []Edge, sharedByAtMost int) (Findings, error) {
	if sharedByAtMost < 2 {
		return Findings{}, wrong("shared_by_at_most", "%d is less than 2", sharedByAtMost)
	}
	var f Findings
	accounts := slices.Sorted(maps.Keys(signals))
	holders := map[string][]string{}
	for _, a := range accounts {
		for _, s := range slices.Compact(slices.Sorted(slices.Values(signals[a]))) {
			holders[s] = append(holders[s], a)
		}
	}
	root := map[string]string{}
	for _, a := range accounts {
		root[a] = a
	}
	find := func(a string) string {
		for root[a] != a {
			root[a] = root[root[a]]
			a = root[a]
		}
		return a
	}
	for _, s := range slices.Sorted(maps.Keys(holders)) {
		of := holders[s]
		if len(of) > sharedByAtMost {
			f.Ignored = append(f.Ignored, s)
			continue
		}
		for _, a := range of[1:] {
			x, y := find(of[0]), find(a)
			if y < x {
				x, y = y, x
			}
			root[y] = x // the least name is the root
		}
	}
	members := map[string][]string{}
	for _, a := range accounts {
		members[find(a)] = append(members[find(a)], a)
	}
	for _, r := range slices.Sorted(maps.Keys(members)) {
		if len(members[r]) > 1 {
			f.Clusters = append(f.Clusters, members[r])
		}
	}
	slices.SortFunc(f.Clusters, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	for _, e := range referrals {
		if _, known := root[e.From]; !known {
			continue
		}
		if _, known := root[e.To]; known && find(e.From) == find(e.To) {
			f.Inside = append(f.Inside, e)
		}
	}
	f.InCycle = inCycle(referrals)
	return f, nil
}

// inCycle returns the accounts on a directed circle: those of a strongly connected
// part of two or more, and those that brought themselves. It is Tarjan's algorithm
// with a stack of its own, so that a long chain needs no deep recursion.
func inCycle(referrals []Edge) (list []string) {
	next := map[string][]string{}
	for _, e := range referrals {
		next[e.From] = append(next[e.From], e.To)
		if e.From == e.To {
			list = append(list, e.From)
		}
	}
	index, low, on := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	type frame struct {
		node string
		at   int
	}
	for _, start := range slices.Sorted(maps.Keys(next)) {
		if _, seen := index[start]; seen {
			continue
		}
		work := []frame{{start, 0}}
		for len(work) > 0 {
			top := &work[len(work)-1]
			if top.at == 0 {
				if _, seen := index[top.node]; !seen {
					index[top.node] = len(index) + 1
					low[top.node] = index[top.node]
					stack, on[top.node] = append(stack, top.node), true
				}
			}
			if top.at < len(next[top.node]) {
				to := next[top.node][top.at]
				top.at++
				if _, seen := index[to]; !seen {
					work = append(work, frame{to, 0})
				} else if on[to] {
					low[top.node] = min(low[top.node], index[to])
				}
				continue
			}
			node := top.node
			work = work[:len(work)-1]
			if len(work) > 0 {
				parent := work[len(work)-1].node
				low[parent] = min(low[parent], low[node])
			}
			if low[node] != index[node] {
				continue
			}
			at := slices.Index(stack, node)
			part := stack[at:]
			stack = stack[:at:at]
			for _, n := range part {
				on[n] = false
			}
			if len(part) > 1 {
				list = append(list, part...)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
